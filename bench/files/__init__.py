"""Files as others write them, made of one small market: what is read is compared with what was meant."""
