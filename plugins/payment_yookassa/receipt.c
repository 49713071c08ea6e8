/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/receipt.c - the fiscal receipt (54-FZ) of a shop that has YooKassa
 * send them: one line, the rental, and where the customer gets it.
 */
#include "yookassa.h"

int yookassa_add_receipt(const struct yookassa *y, const struct rent_payment_op *op,
                         struct rent_arena *arena, const char *object, const char **ret,
                         struct rent_error *err)
{
	const char *contact = rent_text(op->contact), *line = rent_text(op->description);
	char value[RENT_DECIMAL_SIZE];
	char *customer, *item;

	if (object == NULL || y->vat_code == 0) {
		*ret = object;
		return 0;
	}
	if (contact[0] == '\0')
		contact = y->receipt_contact;
	if (contact[0] == '\0')
		return rent_fail(
			err, RENT_EINVAL,
			"a receipt needs an address, and options.receipt_contact "
			"is not set");
	if (!yookassa_value(y, op->amount, value))
		return rent_fail(err, RENT_EINVAL, "amount %" PRId64 " cannot be sent",
		                 op->amount);
	const struct rent_value who[] = {
		RENT_TEXT(contact[0] == '+' ? "phone" : "email",
		          contact[0] == '+' ? contact + 1 : contact),
		RENT_VALUES_END,
	};
	const struct rent_value what[] = {
		RENT_TEXT("description", line[0] == '\0' ? "powerbank rental" : line),
		RENT_TEXT("quantity", "1.00"),
		RENT_TEXT("amount.value", value),
		RENT_TEXT("amount.currency", y->caps.currency),
		RENT_NUMBER("vat_code", y->vat_code),
		RENT_TEXT("payment_mode", "full_payment"),
		RENT_TEXT("payment_subject", "service"),
		RENT_VALUES_END,
	};

	customer = y->json->build(arena, who);
	item = y->json->build(arena, what);
	*ret = customer == NULL || item == NULL
	               ? NULL
	               : rent_printf(arena,
	                             "%.*s,\"receipt\":{\"customer\":%s,\"items\":[%s]}}",
	                             (int)strlen(object) - 1, object, customer, item);
	return *ret != NULL ? 0 : rent_fail(err, RENT_ENOMEM, "no room for the receipt");
}
