"""Methods that say what layers do."""
