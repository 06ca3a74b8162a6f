/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of a reply that are shown as they are, each under a key. */
#ifndef VDPA_TOOL_FIELDS_H
#define VDPA_TOOL_FIELDS_H

#include <libmnl/libmnl.h>

#include "output/output.h"

struct field {
	uint16_t attr;
	const char *key;
	void (*write)(struct output *out, const char *key, const struct nlattr *attr);
};

/* Writes those of @fields, the last of which has no key, that are among @slots (attrs_parse()), in the order of @fields. */
void fields_write(struct output *out, const struct field *fields, const struct nlattr **slots);

/* The ways to write one. */
void field_uint(struct output *out, const char *key, const struct nlattr *attr);
/* As a string, "0x1f". */
void field_hex(struct output *out, const char *key, const struct nlattr *attr);
void field_bool(struct output *out, const char *key, const struct nlattr *attr);
void field_text(struct output *out, const char *key, const struct nlattr *attr);
void field_mac(struct output *out, const char *key, const struct nlattr *attr);
void field_u16s(struct output *out, const char *key, const struct nlattr *attr);

#endif
