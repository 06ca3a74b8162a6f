/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments of a command: what there is, and what each may be. Everything is checked before anything is sent. */
#ifndef VDPA_TOOL_ARGUMENT_H
#define VDPA_TOOL_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#include "base/number.h"
#include "command/keyword.h"

/* A management device: BUS/DEV, or DEV for one that is on no bus. */
struct mgmtdev_handle {
	char bus[256];		/* "" for none */
	const char *device;
	const char *text;	/* as it was given */
};

/* Feature bits as a number, or a list of names (feature_names.h). */
struct features_wanted {
	uint64_t bits;
	const char *names;	/* NULL: it was a number */
};

/* What a positional argument that repeats becomes: words of the command line. */
struct names {
	int count;
	char **words;
};

/* Room for the reason why a value is wrong. */
enum { REASON_SIZE = 128 };

/* What a value may be. */
struct arg_type {
	const char *name;	/* as a synopsis has it: DEV, FILE, N */
	const char *what;	/* in words: "device", "number of bytes" */
	const char *unit;	/* of a number, NULL: it has none */
	size_t size;		/* of a number, in bytes; 0: @take stores it */
	uint64_t min, max;	/* of a number */
	bool escapes;		/* it may be given as it is shown, with \xNN (text.h) */
	/*
	 * Checks @text and stores what it means in @value. Returns NULL, or what is wrong, to be put after the text. The
	 * reason is static.
	 */
	const char *(*take)(const char *text, void *value);
};

extern const struct arg_type type_device;	/* const char *: 1 to 63 bytes */
extern const struct arg_type type_mgmtdev;	/* struct mgmtdev_handle */
extern const struct arg_type type_file;		/* const char *: a path, or "-", but not in a batch */
extern const struct arg_type type_path;		/* const char *: a path */
extern const struct arg_type type_directory;	/* const char *: the same */
extern const struct arg_type type_mac;		/* six bytes */
extern const struct arg_type type_features;	/* struct features_wanted */
extern const struct arg_type type_mtu;		/* uint16_t, bytes */
extern const struct arg_type type_max_vqp;	/* uint16_t, queue pairs */
extern const struct arg_type type_driver;	/* const char *: a bus driver, or "none" */
extern const struct arg_type type_queue;	/* uint32_t, queue index */
extern const struct arg_type type_ms;		/* uint32_t, ms, up to an hour */
extern const struct arg_type type_rounds;	/* uint32_t, rounds */
extern const struct arg_type type_bytes;	/* uint64_t, bytes */
extern const struct arg_type type_ring_index;	/* uint16_t */
extern const struct arg_type type_wrap_counter;	/* uint8_t, 0 or 1 */

/*
 * Takes @text for a value of @type. Returns NULL, or what is wrong, to be put after the text; it may be in @reason, of
 * REASON_SIZE bytes.
 */
const char *arg_take(const struct arg_type *type, const char *text, void *value, char *reason);

/* One argument of a command: KEYWORD VALUE, KEYWORD alone, or a VALUE by its place, which comes before all keywords. */
struct argument {
	struct word word;		/* must be first: keyword_find() looks for it. Without a name the table ends; that
					 * of a positional argument is not typed */
	const char *text;		/* what it is for, in a line */
	const struct arg_type *type;	/* NULL: a keyword alone */
	const char *value;		/* its value in a synopsis; NULL: type->name */
	size_t offset;			/* of the value in the structure that is filled in */
	bool positional;
	bool paired;			/* positional: given where the number of words is odd. All others have a value */
	bool required;
	bool repeats;			/* may come more than once: each value adds to what is there; positional: struct names */
	bool unlimited;			/* positional that repeats: as many as wanted, and more than once */
	uint8_t choice;			/* of those in a row with the same number, not 0, only one may be given; one has to
					 * be if they are required */
	uint8_t together;		/* of those in a row with the same number, not 0, all are given or none */
	uint8_t within;			/* goes with the argument that many places before it; 0: alone */
};

/* Rows that several tables have. */
#define ARGUMENT_DEVICE(structure, member, is_required) \
	{ \
		.word.name = "DEV", .positional = true, .required = is_required, .type = &type_device, \
		.text = is_required ? "the device" : "the device; default: all", .offset = offsetof(structure, member), \
	}

#define ARGUMENT_DEVICES(structure, member) \
	{ \
		.word.name = "DEV", .positional = true, .required = true, .repeats = true, .type = &type_device, \
		.text = "the device, or several", .offset = offsetof(structure, member), \
	}

#define ARGUMENT_DEADLINE(structure, member) \
	{ \
		.word = { .name = "deadline", .full = true }, .type = &type_ms, \
		.text = "how long it may take", .offset = offsetof(structure, member), \
	}

#define ARGUMENT_POLICY(structure, member) \
	{ \
		.word = { .name = "policy", .full = true }, .type = &type_path, .value = "FILE", \
		.text = "the file or directory with exceptions from the rules", .offset = offsetof(structure, member), \
	}

/* Whether the i-th argument was given: @values is the structure, which begins with the bits. */
static inline bool was_given(const void *values, unsigned int i)
{
	return *(const uint32_t *)values >> i & 1;
}

/* A device, and its one more of an array, is checked by these where a command has a form of its own. */
const char *arg_device(const char *text, void *value);
const char *arg_mgmtdev(const char *text, void *value);
const char *arg_file(const char *text, void *value);

/* Appends a management device to a request. */
void args_put_mgmtdev(struct nlmsghdr *nlh, const struct mgmtdev_handle *handle);

#endif
