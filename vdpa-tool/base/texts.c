// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/texts.h"

static void insert_at(struct texts *texts, size_t at, const char *text)
{
	texts->list = reallocarray(texts->list, texts->count + 1, sizeof(*texts->list));
	if (!texts->list)
		error_no_memory();
	memmove(&texts->list[at + 1], &texts->list[at], (texts->count - at) * sizeof(*texts->list));
	texts->list[at] = copy_text(text);
	texts->count++;
}

void texts_append(struct texts *texts, const char *text)
{
	insert_at(texts, texts->count, text);
}

void texts_insert(struct texts *texts, const char *text)
{
	size_t at = texts->count;

	while (at && strverscmp(texts->list[at - 1], text) > 0)
		at--;
	insert_at(texts, at, text);
}

void texts_free(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->list[i]);
	free(texts->list);
	*texts = (struct texts) { 0 };
}
