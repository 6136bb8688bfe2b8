"""The one policy of paid calls: prices, budget, limits, retries, the record of each."""
