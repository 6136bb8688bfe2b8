"""How the pages look beyond Streamlit's own theme: little room lost, and bubbles for a dialogue.

Colours are see-through, so that one rule does in light and in dark. No data ever gets in here.
"""

CSS = """<style>
.stMainBlockContainer { padding: 3.2rem 1.5rem 2rem; }
.stSidebar [data-testid="stSidebarHeader"] { height: 2.5rem; }
.st-key-head { min-height: 2.5rem; }
</style>"""
