"""How players may speak: from a reply to the turn that both hear. One short class and one YAML (conf/channel/) each."""
