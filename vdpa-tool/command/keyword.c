// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "command/keyword.h"

static const struct word *word_at(const void *table, size_t size, size_t index)
{
	return (const struct word *)((const char *)table + index * size);
}

static bool is_short_for(const char *text, const char *name)
{
	return name && *text && strncmp(text, name, strlen(text)) == 0;
}

static bool is_exactly(const char *text, const struct word *word)
{
	return strcmp(text, word->name) == 0 || (word->alias && strcmp(text, word->alias) == 0);
}

static bool could_be(const char *text, const struct word *word)
{
	if (is_exactly(text, word))
		return true;
	return !word->full && (is_short_for(text, word->name) || is_short_for(text, word->alias));
}

int keyword_find(const void *table, size_t size, const char *text)
{
	int found = WORD_UNKNOWN;
	const struct word *word;

	for (int i = 0; (word = word_at(table, size, i))->name; i++) {
		if (!could_be(text, word))
			continue;
		if (word->first || is_exactly(text, word))
			return i;
		found = found == WORD_UNKNOWN ? i : WORD_AMBIGUOUS;
	}
	return found;
}

const char *keyword_list(const void *table, size_t size, const char *text, char *buf, size_t len)
{
	const struct word *word;
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0; (word = word_at(table, size, i))->name; i++) {
		if (text && !could_be(text, word))
			continue;
		snprintf(buf + used, len - used, "%s%s", used ? ", " : "", word->name);
		used += strlen(buf + used);
	}
	return buf;
}
