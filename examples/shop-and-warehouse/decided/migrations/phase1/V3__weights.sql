-- Grams become kilograms, in a column beside the old one.
ALTER TABLE products ADD COLUMN weight_kg numeric(10,3);
UPDATE products SET weight_kg = weight_g * 0.001 WHERE weight_g IS NOT NULL;
