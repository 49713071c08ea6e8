-- A hold may be extended, and made anew, while its rental runs: further operations of kind hold, of
-- purpose accrual. Any other is still the only one, and so is the eject, whatever its purpose.

DROP INDEX operations_start;
CREATE UNIQUE INDEX operations_start ON operations
	(rental_id, kind, CASE WHEN kind = 'hold' AND purpose = 'accrual' THEN id ELSE '' END)
	WHERE kind IN ('hold', 'eject');
