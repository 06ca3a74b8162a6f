/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a device, or of a management device, has to match for a migration: a
 * list of attributes, each with a rule of its own. It comes as JSON, from a file
 * or made of the kernel's reply, and is checked here, once.
 */
#ifndef VDPA_TOOL_DESCRIPTION_H
#define VDPA_TOOL_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "netlink/bits.h"
#include "netlink/nl.h"

enum value_type {
	TYPE_UNKNOWN,		/* newer than us */
	TYPE_U64,
	TYPE_BITMASK,
	TYPE_STRING,
	TYPE_SET,		/* of strings */
	TYPE_RANGE,		/* of numbers, both ends in it */
	TYPE_VERSION,
};

/* One attribute. Strings and JSON belong to the description's JSON. */
struct attribute {
	const char *name;
	const char *type_name;
	const char *rule;
	bool provision;		/* set when a device is created */
	enum value_type type;
	json_t *value;		/* as it is printed; NULL: provision of any value, or unknown type */
	uint64_t number;	/* u64; first of a range */
	struct bits bits;	/* bitmask */
	uint64_t last;		/* last of a range */
	const char *string;	/* string, version */
	const char *accepts;	/* version: the ranges taken beside its own; NULL: none */
};

struct description {
	json_t *json;		/* the object it was made of */
	bool mgmtdev;		/* of a management device: what devices of this class could be */
	uint32_t class;		/* virtio device ID */
	size_t count;
	struct attribute *attributes;
};

/*
 * Takes {"class": ..., "attributes": [...]}; @description keeps a reference to
 * @json. Returns 0, or -1 with @err, errno EINVAL, that says what is malformed.
 */
int description_parse(json_t *json, bool mgmtdev, struct description *description,
		      struct nl_error *err);

/* Of one that was never parsed, all zero, as well. */
void description_free(struct description *description);

/* A description whose rules may be changed without those of @from. */
struct description description_copy(const struct description *from);

/* The attribute of that name, or NULL. */
const struct attribute *description_find(const struct description *description, const char *name);

/* An end of a range as it is printed: hexadecimal. */
json_t *description_hex(uint64_t value);

/* A number: a JSON integer, or a hexadecimal string where that has no room for it. */
json_t *description_u64(uint64_t value);

/* Takes a JSON integer, or a string with a decimal or a 0x number, of 64 bits. */
bool description_number(const json_t *json, uint64_t *value);

/* The type of that name on the wire; TYPE_UNKNOWN where there is none. */
enum value_type description_type(const char *name);

#endif
