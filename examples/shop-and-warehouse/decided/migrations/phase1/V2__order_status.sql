-- The four words of the shop become the four of the warehouse.
ALTER TABLE orders DROP CONSTRAINT "Order_Status_check";
ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'new';
UPDATE orders SET status = CASE status
    WHEN 'NEW' THEN 'new' WHEN 'PAID' THEN 'paid' WHEN 'SENT' THEN 'shipped' WHEN 'DONE' THEN 'done'
END;
ALTER TABLE orders ADD CONSTRAINT orders_status_check CHECK (status IN ('new', 'paid', 'shipped', 'done'));
