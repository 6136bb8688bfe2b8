"""The journal of a run: every call and its reply, durable before anybody uses it."""
