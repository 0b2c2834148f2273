-- The names of the warehouse program. Names alone: every row stays where it is, and foreign keys follow.
-- Both programs cannot run on one set of names, so this is the moment of the switch.

ALTER TABLE "Customers" RENAME TO customers;
ALTER TABLE customers RENAME COLUMN "FirstName" TO first_name;
ALTER TABLE customers RENAME COLUMN "LastName" TO last_name;
ALTER TABLE customers RENAME COLUMN "PhoneNr" TO phone;
ALTER TABLE customers RENAME COLUMN "CreatedAt" TO created_at;

ALTER TABLE "Address" RENAME TO addresses;
ALTER TABLE addresses RENAME COLUMN "CustomerID" TO customer_id;
ALTER TABLE addresses RENAME COLUMN "Zip" TO postal_code;
ALTER TABLE addresses RENAME COLUMN country_cd TO country_code;

ALTER TABLE "Category" RENAME TO categories;

ALTER TABLE "Product" RENAME TO products;
ALTER TABLE products RENAME COLUMN "SKU" TO sku;
ALTER TABLE products RENAME COLUMN descr TO description;
ALTER TABLE products RENAME COLUMN "UnitPrice" TO unit_price;
ALTER TABLE products RENAME COLUMN "isActive" TO is_active;

ALTER TABLE "ProductImages" RENAME TO product_images;
ALTER TABLE product_images RENAME COLUMN "sortOrder" TO sort_order;

ALTER TABLE "Suppliers" RENAME TO suppliers;
ALTER TABLE suppliers RENAME COLUMN "ContactEmail" TO contact_email;

ALTER TABLE "ProductSupplier" RENAME TO product_suppliers;

ALTER TABLE "user" RENAME TO staff;
ALTER TABLE staff RENAME COLUMN login TO username;
ALTER TABLE staff RENAME COLUMN "group" TO role;

ALTER TABLE "Order" RENAME TO orders;
ALTER TABLE orders RENAME COLUMN "Status" TO status;
ALTER TABLE orders RENAME COLUMN "placedAt" TO placed_at;
ALTER TABLE orders RENAME COLUMN ship_addr_id TO ship_address_id;
ALTER TABLE orders RENAME COLUMN total_amt TO total_amount;

ALTER TABLE "OrderItem" RENAME TO order_lines;
ALTER TABLE order_lines RENAME COLUMN qty TO quantity;
ALTER TABLE order_lines RENAME COLUMN "UnitPrice" TO unit_price;

ALTER TABLE "Payments" RENAME TO payments;
ALTER TABLE payments RENAME COLUMN amt TO amount;
ALTER TABLE payments RENAME COLUMN "paidAt" TO paid_at;

ALTER TABLE "Stock" RENAME TO stock_levels;
ALTER TABLE stock_levels RENAME COLUMN qty_on_hand TO on_hand;
ALTER TABLE stock_levels RENAME COLUMN "reorderLevel" TO reorder_level;

ALTER TABLE "Returns" RENAME TO returns;
ALTER TABLE returns RENAME COLUMN order_item_id TO order_line_id;
ALTER TABLE returns RENAME COLUMN qty TO quantity;
