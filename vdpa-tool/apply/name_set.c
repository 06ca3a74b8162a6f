// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "apply/name_set.h"
#include "base/memory.h"

enum { FIRST_SIZE = 64 };	/* a power of two, as all are */

/* FNV-1a, and its bits mixed: the lowest choose the slot. */
static uint64_t hash(const char *name, size_t len)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		value = (value ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
	value = (value ^ value >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	value ^= value >> 29;
	return value ? value : 1;
}

/* Where @value is, or would be: at most half of the slots are taken. */
static size_t slot_of(const struct name_set *set, uint64_t value)
{
	size_t i = value & (set->size - 1);

	while (set->slots[i] && set->slots[i] != value)
		i = (i + 1) & (set->size - 1);
	return i;
}

static void grow(struct name_set *set)
{
	struct name_set grown = { .size = set->size ? 2 * set->size : FIRST_SIZE, .count = set->count };

	grown.slots = calloc(grown.size, sizeof(*grown.slots));
	if (!grown.slots)
		error_no_memory();
	for (size_t i = 0; i < set->size; i++)
		if (set->slots[i])
			grown.slots[slot_of(&grown, set->slots[i])] = set->slots[i];
	free(set->slots);
	*set = grown;
}

bool name_set_add(struct name_set *set, const char *name, size_t len)
{
	uint64_t value = hash(name, len);
	size_t i;

	if (2 * set->count >= set->size)
		grow(set);
	i = slot_of(set, value);
	if (set->slots[i])
		return false;
	set->slots[i] = value;
	set->count++;
	return true;
}

bool name_set_has(const struct name_set *set, const char *name, size_t len)
{
	return set->count && set->slots[slot_of(set, hash(name, len))];
}

void name_set_free(struct name_set *set)
{
	free(set->slots);
	*set = (struct name_set) { 0 };
}
