/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The family's attributes: their names, their types, and what is in them. */
#ifndef VDPA_TOOL_ATTRS_H
#define VDPA_TOOL_ATTRS_H

#include <stdint.h>

#include <libmnl/libmnl.h>

#include "netlink/nl.h"

/* Room for mainline's attributes and for ours, which begin at 128. */
enum { ATTR_SLOTS = 192 };

/* Writes the attribute's name, or "attribute N", to @buf of @len bytes. */
void attr_name(uint16_t type, char *buf, size_t len);

/*
 * Checks every attribute of a message and sorts them by type into @slots,
 * which has ATTR_SLOTS places; of several of one type the last. Unknown ones
 * are passed over. Returns 0, or -1 with @err.
 */
int attrs_parse(const struct nlmsghdr *nlh, const struct nlattr **slots, struct nl_error *err);

/* The same for the attributes in @nest, which use the numbers of the top level. */
int attrs_parse_nested(const struct nlattr *nest, const struct nlattr **slots, struct nl_error *err);

/* Returns 0, or -1 with @err where @required is not among @slots. */
int attrs_require(const struct nlattr **slots, uint16_t required, struct nl_error *err);

/* The functions below are for attributes that attrs_parse() has checked. */

/* An unsigned integer of 8 to 64 bits. */
uint64_t attr_uint(const struct nlattr *attr);

/* A string as valid UTF-8; the caller frees it. */
char *attr_string(const struct nlattr *attr);

/* A copy of a string's own bytes; the caller frees it. */
char *attr_copy(const struct nlattr *attr);

/* A string's own bytes, not terminated, and in @len how many. */
const char *attr_text(const struct nlattr *attr, size_t *len);

/*
 * A string's own bytes, terminated, in @buf of @len bytes. Returns its length,
 * or 0 where it is empty or too long.
 */
size_t attr_bytes(const struct nlattr *attr, char *buf, size_t len);

#endif
