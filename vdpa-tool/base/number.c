// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

bool number_is_hexadecimal(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

/* strtoull() alone would take " -1" too. */
bool number_digits(const char *text, int base, uint64_t max, uint64_t *value)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	char *end;

	if (!*text || text[strspn(text, base == 16 ? digits : "0123456789")])
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	return !errno && !*end && *value <= max;
}

bool args_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	bool hexadecimal = number_is_hexadecimal(text);

	return number_digits(hexadecimal ? text + 2 : text, hexadecimal ? 16 : 10, max, value) && *value >= min;
}
