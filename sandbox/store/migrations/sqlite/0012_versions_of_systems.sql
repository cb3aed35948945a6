-- Which version of a system took part: results of an older one are marked.
ALTER TABLE instance_part ADD COLUMN version TEXT NOT NULL DEFAULT ''
