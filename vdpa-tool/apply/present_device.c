// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/present_device.h"
#include "device/mgmtdev.h"
#include "netlink/attrs.h"

/* --- settings --- */

static void take_settings(const struct nlattr **slots, struct dev_add *add)
{
	const struct nlattr *features = slots[VDPA_ATTR_DEV_FEATURES], *mac = slots[VDPA_ATTR_DEV_NET_CFG_MACADDR];
	const struct nlattr *mtu = slots[VDPA_ATTR_DEV_NET_CFG_MTU], *max_vqp = slots[VDPA_ATTR_DEV_NET_CFG_MAX_VQP];

	add->given = !!features << ADD_FEATURES | !!mac << ADD_MAC | !!mtu << ADD_MTU | !!max_vqp << ADD_MAX_VQP;
	if (features)
		add->features.bits = attr_uint(features);
	if (mac)
		memcpy(add->mac, mnl_attr_get_payload(mac), ETH_ALEN);
	if (mtu)
		add->mtu = attr_uint(mtu);
	if (max_vqp)
		add->max_vqp = attr_uint(max_vqp);
}

bool setting_same(const struct dev_add *a, const struct dev_add *b, int setting)
{
	if (!was_given(a, setting) || !was_given(b, setting))
		return false;
	switch (setting) {
	case ADD_FEATURES:
		return a->features.bits == b->features.bits;
	case ADD_MAC:
		return memcmp(a->mac, b->mac, ETH_ALEN) == 0;
	case ADD_MTU:
		return a->mtu == b->mtu;
	default:
		return a->max_vqp == b->max_vqp;
	}
}

const char *setting_text(const struct dev_add *add, int setting, char *text)
{
	const uint8_t *mac = add->mac;

	if (!was_given(add, setting))
		snprintf(text, SETTING_SIZE, "unknown");
	else if (setting == ADD_FEATURES)
		snprintf(text, SETTING_SIZE, "0x%" PRIx64, add->features.bits);
	else if (setting == ADD_MAC)
		snprintf(text, SETTING_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	else
		snprintf(text, SETTING_SIZE, "%u", setting == ADD_MTU ? add->mtu : add->max_vqp);
	return text;
}

void setting_write(struct output *out, const struct dev_add *add, int setting)
{
	const char *key = dev_add_arguments[setting].word.name;
	char text[SETTING_SIZE];

	if (!was_given(add, setting))
		return;
	if (dev_add_arguments[setting].type->size)
		out_number(out, key, setting == ADD_MTU ? add->mtu : add->max_vqp);
	else
		out_text(out, key, setting_text(add, setting, text));
}

/* --- the device --- */

static int take_device(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS], *created[ATTR_SLOTS];
	struct present_device *present = data;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0)
		return -1;
	free(present->mgmtdev);
	present->mgmtdev = mgmtdev_bytes(slots);
	if (slots[VDPA_ATTR_DEV_DRIVER])
		attr_bytes(slots[VDPA_ATTR_DEV_DRIVER], present->driver, sizeof(present->driver));
	if (slots[VDPA_ATTR_DEV_DRIVER_OVERRIDE])
		attr_bytes(slots[VDPA_ATTR_DEV_DRIVER_OVERRIDE], present->override, sizeof(present->override));
	present->inactive = slots[VDPA_ATTR_DEV_STATE] && attr_uint(slots[VDPA_ATTR_DEV_STATE]) == VDPA_DEV_STATE_INACTIVE;
	if (!slots[VDPA_ATTR_DEV_CREATED_WITH])
		return 0;
	if (attrs_parse_nested(slots[VDPA_ATTR_DEV_CREATED_WITH], created, err) < 0)
		return -1;
	take_settings(created, &present->created);
	return 0;
}

static int take_config(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct present_device *present = data;

	if (attrs_parse(nlh, slots, err) < 0)
		return -1;
	take_settings(slots, &present->config);
	return 0;
}

/* Not every device has a configuration that the kernel can read: what it was created with has to do. */
int present_device_read(struct nl *nl, const char *name, struct present_device *present, struct nl_error *err)
{
	struct nl_error unheard = { 0 };

	*present = (struct present_device) { 0 };
	mnl_attr_put_strz(nl_request(nl, VDPA_CMD_DEV_GET, 0), VDPA_ATTR_DEV_NAME, name);
	if (nl_exchange(nl, take_device, present, NULL, err) < 0) {
		present_device_free(present);
		return -1;
	}
	if (!nl_knows(nl, VDPA_CMD_DEV_CONFIG_GET))
		return 0;
	mnl_attr_put_strz(nl_request(nl, VDPA_CMD_DEV_CONFIG_GET, 0), VDPA_ATTR_DEV_NAME, name);
	nl_exchange(nl, take_config, present, NULL, &unheard);
	return 0;
}

void present_device_free(struct present_device *present)
{
	free(present->mgmtdev);
	present->mgmtdev = NULL;
}
