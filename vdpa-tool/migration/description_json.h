/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptions as JSON: read from files, and written. */
#ifndef VDPA_TOOL_DESCRIPTION_JSON_H
#define VDPA_TOOL_DESCRIPTION_JSON_H

#include <jansson.h>

#include "migration/description.h"
#include "output/output.h"

/*
 * Takes {"class": ..., "attributes": [...]} into @description, which has nothing but its mgmtdev set, and is to be freed
 * in any case. It is not checked. Returns 0, or -1 with @err, errno EINVAL, that says what is malformed.
 */
int description_parse(const json_t *json, struct description *description, struct nl_error *err);

/*
 * Reads a file with one document about one device, management device or saved state.
 * Returns 0, or -1 with @err.
 */
int subject_read(const char *file, struct subject *subject, struct nl_error *err);

/* Writes "class" and "attributes" of an object that has been begun. */
void description_write(struct output *out, const struct description *description);

/* Writes an entry's pairs, or why there is no description. */
void subject_write(struct output *out, const struct subject *subject);

/* Writes an attribute's value; null where @attribute is NULL or has none. */
void value_write(struct output *out, const char *key, const struct attribute *attribute);

#endif
