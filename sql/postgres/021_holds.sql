-- A hold may be extended, and made anew, while its rental runs: further operations of kind hold, of
-- purpose accrual. The one of the start is still the only one, and so is the eject.

DROP INDEX operations_start;
CREATE UNIQUE INDEX operations_start ON operations
	(rental_id, kind, (CASE purpose WHEN 'start' THEN '' ELSE id END))
	WHERE kind IN ('hold', 'eject');
