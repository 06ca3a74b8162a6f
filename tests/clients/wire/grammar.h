/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes over the generic netlink family vdpa, as include/uapi/linux/vdpa.h has it, in tables: which attributes
 * there are, of which type, and which commands take them and answer with them. What tests check, generate and break.
 */
#ifndef WIRE_GRAMMAR_H
#define WIRE_GRAMMAR_H

#include <linux/vdpa.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum wire_type {
	WIRE_U8,
	WIRE_U16,
	WIRE_U32,
	WIRE_U64,
	WIRE_FLAG,
	WIRE_MAC,	/* 6 bytes */
	WIRE_STRING,	/* with its terminator */
	WIRE_NAME,	/* a string that comes without one as well, in requests */
	WIRE_BINARY,
	WIRE_NEST,
};

/**
 * struct wire_attr - an attribute
 * @number: its type on the wire
 * @name: without VDPA_ATTR_ or VDPA_MIGRATION_
 * @type: of its payload
 * @bits: an integer that is a set of bits
 * @in: a request may have it: the kernel's policy knows it
 * @always: what it is nested in cannot do without it
 * @max: of a string: bytes without the terminator, 0: any; of an integer: the largest value that makes sense, 0: any
 * @nest: what is nested, up to an entry without a name; NULL: nothing
 */
struct wire_attr {
	uint16_t number;
	const char *name;
	enum wire_type type;
	bool bits;
	bool in;
	bool always;
	uint32_t max;
	const struct wire_attr *nest;
};

/* When an attribute is in a request, or in a reply. */
enum wire_when {
	WIRE_ALWAYS = 1,
	WIRE_MAYBE,
	WIRE_MANY,	/* any number of times */
};

/* An attribute's part in a command. */
struct wire_use {
	uint16_t attr;
	enum wire_when when;
};

#define WIRE_USES_MAX	32

/**
 * struct wire_command - a command, or one of two forms of it
 * @name: for people
 * @number: on the wire
 * @one: there is a request about one
 * @dump: there is a dump
 * @changes: it changes something
 * @begun: it is answered to who has begun a pre-copy of the device
 * @reply: the command in replies; 0: there are none but the acknowledgment
 * @request: what a request has, up to an entry without an attribute
 * @dump_request: what the request for a dump has
 * @replies: what replies have, in this order
 */
struct wire_command {
	const char *name;
	uint8_t number;
	bool one;
	bool dump;
	bool changes;
	bool begun;
	uint8_t reply;
	struct wire_use request[WIRE_USES_MAX];
	struct wire_use dump_request[WIRE_USES_MAX];
	struct wire_use replies[WIRE_USES_MAX];
};

extern const struct wire_attr wire_attrs[];
extern const struct wire_command wire_commands[];
extern const size_t wire_commands_n;

const struct wire_attr *wire_attr(const struct wire_attr *attrs, uint16_t number);
const struct wire_attr *wire_attr_named(const char *name);
const struct wire_command *wire_command(uint8_t number);
const struct wire_command *wire_command_named(const char *name);
size_t wire_size(enum wire_type type);

#endif
