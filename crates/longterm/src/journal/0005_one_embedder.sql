-- All vectors of a store are of one model, that of `embedder` in `meta`.
ALTER TABLE ids DROP COLUMN embedder;
