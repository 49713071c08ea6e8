-- Delivered messages are deleted some time after their end, oldest first.

CREATE INDEX outbox_delivered ON outbox (ended_at) WHERE state = 'DELIVERED';
