"""Methods that say which inputs, or which places, the answer rests on."""
