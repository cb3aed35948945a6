"""W3C Data Integrity: proofs made and checked, with bundled contexts alone."""
