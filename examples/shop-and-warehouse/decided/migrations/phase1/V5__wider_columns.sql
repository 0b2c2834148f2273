-- What the warehouse writes must fit. A varchar becomes text without a rewrite; a smallint does not become
-- an integer without one, and the three tables are written anew while nobody else uses them.

ALTER TABLE addresses ALTER COLUMN postal_code TYPE text;
ALTER TABLE customers ALTER COLUMN email TYPE text, ALTER COLUMN phone TYPE text;
ALTER TABLE orders ALTER COLUMN status TYPE text;
ALTER TABLE products ALTER COLUMN sku TYPE text;
ALTER TABLE staff ALTER COLUMN username TYPE text;
ALTER TABLE suppliers ALTER COLUMN contact_email TYPE text;

ALTER TABLE order_lines ALTER COLUMN quantity TYPE integer;
ALTER TABLE product_images ALTER COLUMN sort_order TYPE integer;
ALTER TABLE returns ALTER COLUMN quantity TYPE integer;
