"""The four roles: they build messages and read replies, and ask through a function they are handed."""
