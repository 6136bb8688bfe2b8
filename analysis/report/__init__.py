"""`bargain-report`: one page, its tables and its sentences."""
