// SPDX-License-Identifier: GPL-2.0-only
/*
 * Versions: see version.h.
 */
#include <linux/ctype.h>
#include <linux/limits.h>

#include "migration/version.h"

/* Each of these parses an item at *@text and advances it, or returns false. */

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

static bool take_number(const char **text, u32 *number)
{
	u64 value = 0;

	if (!isdigit(**text))
		return false;
	while (isdigit(**text)) {
		value = 10 * value + (*(*text)++ - '0');
		if (value > U32_MAX)
			return false;
	}
	*number = value;
	return true;
}

static bool take_version(const char **text, struct vdpa_version *version)
{
	return take_number(text, &version->major) && take_char(text, '.') &&
	       take_number(text, &version->minor) && take_char(text, '.') &&
	       take_number(text, &version->bugfix);
}

static bool take_range(const char **text, struct vdpa_version *first, struct vdpa_version *last)
{
	if (!take_version(text, first))
		return false;
	*last = *first;
	if (!take_char(text, '-'))
		return true;
	if (isdigit(**text))
		return take_version(text, last) && vdpa_version_cmp(first, last) <= 0;
	*last = (struct vdpa_version){ U32_MAX, U32_MAX, U32_MAX };
	return true;
}

/* Return: whether @text is a version and nothing else. */
bool vdpa_version_parse(const char *text, struct vdpa_version *version)
{
	return take_version(&text, version) && !*text;
}

static int number_cmp(u32 a, u32 b)
{
	return (a > b) - (a < b);
}

/* Return: < 0 if @a is older than @b, 0 if they are equal, > 0 otherwise. */
int vdpa_version_cmp(const struct vdpa_version *a, const struct vdpa_version *b)
{
	return number_cmp(a->major, b->major) ?: number_cmp(a->minor, b->minor) ?:
	       number_cmp(a->bugfix, b->bugfix);
}

bool vdpa_ranges_valid(const char *ranges)
{
	struct vdpa_version first, last;

	do {
		if (!take_range(&ranges, &first, &last))
			return false;
	} while (take_char(&ranges, ','));
	return !*ranges;
}

/* Return: whether @version is in one of @ranges, which are valid. */
bool vdpa_ranges_include(const char *ranges, const struct vdpa_version *version)
{
	struct vdpa_version first, last;

	do {
		if (!take_range(&ranges, &first, &last))
			return false;
		if (vdpa_version_cmp(&first, version) <= 0 && vdpa_version_cmp(version, &last) <= 0)
			return true;
	} while (take_char(&ranges, ','));
	return false;
}
