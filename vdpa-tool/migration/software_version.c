// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "migration/software_version.h"

/* Takes the digits at *@at, a number of 32 bits, and moves *@at behind them. */
static bool take_number(const char **at, uint32_t *number)
{
	const char *from = *at;
	uint64_t value = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		value = value * 10 + (**at - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*number = value;
	return *at > from;
}

static bool take(const char **at, char expected)
{
	if (**at != expected)
		return false;
	(*at)++;
	return true;
}

static bool take_version(const char **at, struct software_version *version)
{
	return take_number(at, &version->major) && take(at, '.') &&
	       take_number(at, &version->minor) && take(at, '.') &&
	       take_number(at, &version->bugfix);
}

bool software_version_parse(const char *text, struct software_version *version)
{
	return take_version(&text, version) && !*text;
}

static int compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int software_version_compare(const struct software_version *a, const struct software_version *b)
{
	int order = compare(a->major, b->major);

	if (!order)
		order = compare(a->minor, b->minor);
	return order ? order : compare(a->bugfix, b->bugfix);
}

/* One range and the comma after it, if it is not the last. */
static bool take_range(const char **at, struct software_version *first,
		       struct software_version *last)
{
	if (!take_version(at, first))
		return false;
	*last = *first;
	if (take(at, '-')) {
		if (**at == '\0' || **at == ',')
			*last = (struct software_version){ UINT32_MAX, UINT32_MAX, UINT32_MAX };
		else if (!take_version(at, last))
			return false;
	}
	if (software_version_compare(first, last) > 0)
		return false;
	if (**at == '\0')
		return true;
	return take(at, ',') && **at;
}

bool software_ranges_valid(const char *ranges)
{
	struct software_version first, last;

	do {
		if (!take_range(&ranges, &first, &last))
			return false;
	} while (*ranges);
	return true;
}

bool software_ranges_include(const char *ranges, const struct software_version *version)
{
	struct software_version first, last;

	while (*ranges && take_range(&ranges, &first, &last))
		if (software_version_compare(&first, version) <= 0 &&
		    software_version_compare(version, &last) <= 0)
			return true;
	return false;
}
