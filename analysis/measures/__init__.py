"""What the frames say: metrics, comparisons, abilities, behaviour, costs, the published numbers."""
