"""How one round is played: one short file a protocol."""
