/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a device, or of a management device, has to match for a migration: a
 * list of attributes, each with a rule of its own. Everything that compares or
 * shows descriptions works on this; files (description_json.h) and the kernel
 * (description_netlink.h) are two forms that it comes from and goes to.
 */
#ifndef VDPA_TOOL_DESCRIPTION_H
#define VDPA_TOOL_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/bits.h"
#include "netlink/nl.h"

enum value_type {
	TYPE_UNKNOWN,		/* newer than us: its value is not kept */
	TYPE_U64,
	TYPE_BITMASK,
	TYPE_STRING,
	TYPE_SET,		/* of strings */
	TYPE_RANGE,		/* of numbers, both ends in it */
	TYPE_VERSION,
};

/* One attribute. Strings have the bytes that the kernel has, and belong to the description. */
struct attribute {
	const char *name;
	const char *type_name;
	const char *rule;
	bool provision;		/* set when a device is created */
	bool untold;		/* of a source that was judged: the management device cannot tell it before there is a device */
	enum value_type type;
	bool has_value;		/* false: provision of any value, or unknown type */
	uint64_t number;	/* u64; first of a range */
	uint64_t last;		/* last of a range */
	struct bits bits;	/* bitmask */
	const char *string;	/* string, version */
	const char *accepts;	/* version: the ranges taken beside its own; NULL: none */
	size_t n_members;	/* set */
	const char **members;
};

struct description {
	bool mgmtdev;		/* of a management device: what devices of this class could be */
	uint32_t class;		/* virtio device ID */
	size_t count;
	struct attribute *attributes;
	size_t n_owned;
	void **owned;		/* what the strings are in */
};

/* A device with its description, or a management device with one for each class. */
struct subject {
	char *name;		/* as the kernel has it */
	bool mgmtdev;
	bool available;		/* its parent has told what it is */
	bool unanswered;	/* and does not, because it answers nothing */
	size_t count;
	struct description *descriptions;
};

/* --- building one --- */

/* Makes room for @count attributes, all zero. */
void description_allocate(struct description *description, size_t count);

/* Has @memory, from malloc(), freed with the description. Returns it. */
void *description_own(struct description *description, void *memory);

/* The type of that name; TYPE_UNKNOWN where there is none. */
enum value_type description_type(const char *name);

/* What is wrong with a value that is none of @type: "its value is not a ...". */
const char *description_no_value(enum value_type type);

/* Likewise of a version's ranges. */
extern const char description_no_ranges[];

/* Makes room for one more description. */
struct description *subject_add(struct subject *subject);

/* --- using one --- */

/*
 * Whether it is within all bounds, and no attribute is there twice: only then can
 * it be compared. Returns 0, or -1 with @err, errno EINVAL or EFBIG.
 */
int description_check(const struct description *description, struct nl_error *err);

/* The attribute of that name, or NULL. */
const struct attribute *description_find(const struct description *description, const char *name);

/* A description whose rules may be changed without those of @from, which has to outlive it. */
struct description description_copy(const struct description *from);

/* Of one that is all zero, as well. */
void description_free(struct description *description);

/*
 * Finds the description of the device, or that of devices of @class, after a check of
 * all. Returns 1, 0 where a management device has none for that class, or -1 with @err.
 */
int subject_describe(const struct subject *subject, uint32_t class,
		     const struct description **description, struct nl_error *err);

void subject_free(struct subject *subject);

#endif
