// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "device/fields.h"
#include "netlink/attrs.h"

void fields_write(struct output *out, const struct field *fields, const struct nlattr **slots)
{
	for (; fields->key; fields++)
		if (slots[fields->attr])
			fields->write(out, fields->key, slots[fields->attr]);
}

void field_uint(struct output *out, const char *key, const struct nlattr *attr)
{
	out_number(out, key, attr_uint(attr));
}

void field_hex(struct output *out, const char *key, const struct nlattr *attr)
{
	out_hex(out, key, attr_uint(attr));
}

void field_bool(struct output *out, const char *key, const struct nlattr *attr)
{
	out_bool(out, key, attr_uint(attr));
}

void field_text(struct output *out, const char *key, const struct nlattr *attr)
{
	size_t len;
	const char *text = attr_text(attr, &len);

	out_bytes(out, key, text, len);
}

void field_mac(struct output *out, const char *key, const struct nlattr *attr)
{
	const uint8_t *mac = mnl_attr_get_payload(attr);

	out_format(out, key, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* Numbers of 16 bits, as a list. */
void field_u16s(struct output *out, const char *key, const struct nlattr *attr)
{
	const char *payload = mnl_attr_get_payload(attr);
	uint16_t number;

	out_list(out, key);
	for (size_t at = 0; at + sizeof(number) <= mnl_attr_get_payload_len(attr); at += sizeof(number)) {
		memcpy(&number, payload + at, sizeof(number));
		out_number(out, NULL, number);
	}
	out_list_end(out);
}
