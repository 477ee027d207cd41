"""Which tokens a network looked at, and what reached its answer through them."""
