/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arguments of a command: everything is checked here, before anything is
 * sent.
 */
#ifndef VDPA_TOOL_ARGS_H
#define VDPA_TOOL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#include "cli/vdpa.h"

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

/*
 * Each checks @text and stores what it means in @value. Returns NULL, or what
 * is wrong, to be put after the text. The reason is static.
 */
typedef const char *(*arg_fn)(const char *text, void *value);

const char *arg_device(const char *text, void *value);		/* const char *: 1 to 63 bytes */
const char *arg_mgmtdev(const char *text, void *value);		/* struct mgmtdev_handle */
const char *arg_mac(const char *text, void *value);		/* uint8_t[6] */
const char *arg_mtu(const char *text, void *value);		/* uint16_t, bytes */
const char *arg_max_vqp(const char *text, void *value);		/* uint16_t, queue pairs */
const char *arg_queue(const char *text, void *value);		/* uint32_t, queue index */
const char *arg_deadline(const char *text, void *value);	/* uint32_t, ms */
const char *arg_rounds(const char *text, void *value);		/* uint32_t, rounds */
const char *arg_bytes(const char *text, void *value);		/* uint64_t, bytes */
const char *arg_ring_index(const char *text, void *value);	/* uint16_t */
const char *arg_wrap_counter(const char *text, void *value);	/* uint8_t, 0 or 1 */
const char *arg_file(const char *text, void *value);		/* const char *: a path, or "-", but not in a batch */
const char *arg_policy(const char *text, void *value);		/* const char *: a path */
const char *arg_features(const char *text, void *value);	/* struct features_wanted */

/* Takes digits to the end of @text, decimal or with 0x, from @min to @max. */
bool args_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* One "KEYWORD VALUE" of a command, or a KEYWORD alone. */
struct keyword {
	struct word word;	/* must be first: words_find() looks for it */
	arg_fn check;		/* NULL: it has no value */
	size_t offset;		/* of the value in the structure that is filled in */
	bool required;
	bool repeated;		/* may come more than once: @check adds to what is there */
};

#define KEYWORD_DEADLINE(type, member) \
	{ \
		.word = { .name = "deadline", .full = true }, \
		.check = arg_deadline, .offset = offsetof(type, member), \
	}

#define KEYWORD_POLICY(type, member) \
	{ \
		.word = { .name = "policy", .full = true }, \
		.check = arg_policy, .offset = offsetof(type, member), \
	}

/*
 * Takes keywords and their values in any order, each at most once unless it is repeated, into
 * @values. Bit i of @given becomes 1 for the i-th keyword of @table. Returns
 * STATUS_DONE, or STATUS_USAGE and has said why.
 */
enum status args_keywords(struct vdpa *vdpa, const struct keyword *table, int argc, char **argv,
			  void *values, uint32_t *given);

/*
 * Takes the argument that names the @what of a command, and no other. @value
 * is left alone where there is none; it is an error if it is @required.
 */
enum status args_only(struct vdpa *vdpa, const char *what, bool required, arg_fn check,
		      int argc, char **argv, void *value);

/*
 * How many of the arguments are names of devices: all in front of a keyword of @table, but at
 * least the first. @table: NULL for none
 */
int args_count_names(int argc, char **argv, const struct keyword *table);

/* Checks @n names of devices: there is one, none is there twice, and they are no more than a group may have. */
enum status args_names(struct vdpa *vdpa, int n, char **argv);

/* Appends a management device to a request. */
void args_put_mgmtdev(struct nlmsghdr *nlh, const struct mgmtdev_handle *handle);

/* A standard stream is nobody's own in a batch: there @file may not be "-", which is what it is when it is not given. */
enum status args_own_file(const struct vdpa *vdpa, const char *file);

#endif
