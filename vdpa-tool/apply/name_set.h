/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that were seen, as 64 bits of each: so it takes 16 to 32 bytes a name. Two names may be taken for one, once in more
 * devices than there are.
 */
#ifndef VDPA_TOOL_NAME_SET_H
#define VDPA_TOOL_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_set {
	uint64_t *slots;	/* 0: free */
	size_t size, count;
};

/* Returns false where it was there already. */
bool name_set_add(struct name_set *set, const char *name, size_t len);

bool name_set_has(const struct name_set *set, const char *name, size_t len);

void name_set_free(struct name_set *set);

#endif
