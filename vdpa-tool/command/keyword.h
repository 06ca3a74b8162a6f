/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a command line and their abbreviations. */
#ifndef VDPA_TOOL_KEYWORD_H
#define VDPA_TOOL_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A word may be shortened as long as it means one thing. Where it does not,
 * iproute2 takes the first in its own order; the words that iproute2 takes
 * that way are marked @first, so that fingers need not learn anew.
 */
struct word {
	const char *name;	/* NULL ends a table */
	const char *alias;	/* another name, may be NULL */
	bool first;		/* wins when a short form could be several */
	bool full;		/* has no short form */
};

enum { WORD_UNKNOWN = -1, WORD_AMBIGUOUS = -2 };

/*
 * Looks for @text in a table of structures that begin with a struct word and
 * are @size bytes each. Returns the index, WORD_UNKNOWN or WORD_AMBIGUOUS.
 */
int keyword_find(const void *table, size_t size, const char *text);

/*
 * Lists the names that @text could be, or all where @text is NULL, as
 * "a, b, c" in @buf of @len bytes. Returns @buf.
 */
const char *keyword_list(const void *table, size_t size, const char *text, char *buf, size_t len);

#endif
