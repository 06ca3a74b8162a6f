// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply/difference.h"

/* What a device has from its beginning is never changed: it would have to be deleted. */
static const struct {
	int setting;
	bool changes;
} settings[] = {
	{ ADD_FEATURES,	false },
	{ ADD_MAX_VQP,	false },
	{ ADD_MAC,	true },
	{ ADD_MTU,	true },
};

/* --- finding them --- */

/* A parent may offer other features than it was asked for, and make less of a number: what it was asked for counts, too. */
static bool is_same(const struct dev_add *wanted, const struct present_device *present, int setting, bool changes)
{
	if (setting_same(wanted, &present->config, setting))
		return true;
	if (changes && was_given(&present->config, setting))
		return false;
	return setting_same(wanted, &present->created, setting);
}

static enum status differs(struct vdpa *vdpa, int errnum, const char *key, const char *is, const char *wanted)
{
	struct nl_error err = { 0 };

	if (errnum == EBUSY)
		nl_fail(&err, errnum, "differs and is in use: %s is %.80s, not %.80s", key, is, wanted);
	else
		nl_fail(&err, errnum, "exists, but differs: %s is %.80s, not %.80s", key, is, wanted);
	return error_refused(vdpa, vdpa->dev, &err);
}

static enum status setting_differs(struct vdpa *vdpa, const struct dev_add *wanted, const struct present_device *present,
				   int setting, int errnum)
{
	const struct dev_add *is = was_given(&present->config, setting) ? &present->config : &present->created;
	char is_text[SETTING_SIZE], wanted_text[SETTING_SIZE];

	return differs(vdpa, errnum, dev_add_arguments[setting].word.name, setting_text(is, setting, is_text),
		       setting_text(wanted, setting, wanted_text));
}

/* A device that has the driver keeps it, whichever others it would take. */
static bool has_driver(const struct present_device *present, const char *driver)
{
	if (strcmp(driver, "none") == 0)
		return !*present->driver && strcmp(present->override, "none") == 0;
	return strcmp(present->driver, driver) == 0;
}

enum status difference_find(struct vdpa *vdpa, const struct dev_add *wanted, const struct present_device *present,
			    uint32_t *changes)
{
	enum status status = STATUS_DONE;

	*changes = 0;
	if (strcmp(present->mgmtdev, wanted->mgmtdev.text) != 0)
		status = differs(vdpa, EEXIST, "mgmtdev", present->mgmtdev, wanted->mgmtdev.text);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		int setting = settings[i].setting;

		if (!was_given(wanted, setting) || is_same(wanted, present, setting, settings[i].changes))
			continue;
		if (!settings[i].changes)
			status = setting_differs(vdpa, wanted, present, setting, EEXIST);
		else if (!present->inactive)
			status = setting_differs(vdpa, wanted, present, setting, EBUSY);
		*changes |= UINT32_C(1) << setting;
	}
	if (was_given(wanted, ADD_DRIVER) && !has_driver(present, wanted->driver))
		*changes |= UINT32_C(1) << ADD_DRIVER;
	return status;
}

/* --- changing --- */

static enum status ask(struct vdpa *vdpa, const char *driver)
{
	struct nl_error err = { 0 };

	if (nl_exchange(&vdpa->nl, NULL, NULL, NULL, &err) == 0)
		return STATUS_DONE;
	if (driver)
		dev_explain_driver(driver, &err);
	return error_refused(vdpa, vdpa->dev, &err);
}

/* One at a time, as the kernel takes them. */
static enum status change_setting(struct vdpa *vdpa, const struct dev_add *wanted, int setting)
{
	struct dev_add one = { .given = UINT32_C(1) << setting };
	struct nlmsghdr *nlh;

	if (!nl_knows(&vdpa->nl, VDPA_CMD_DEV_ATTR_SET)) {
		struct nl_error err = { 0 };

		nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core cannot change it (needs Linux 6.12)");
		return error_refused(vdpa, vdpa->dev, &err);
	}
	memcpy(one.mac, wanted->mac, ETH_ALEN);
	one.mtu = wanted->mtu;
	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_ATTR_SET, 0);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, wanted->name);
	dev_add_put_settings(nlh, &one);
	return ask(vdpa, NULL);
}

static enum status change_driver(struct vdpa *vdpa, const struct dev_add *wanted)
{
	enum status status = dev_check_closed(vdpa, wanted->name, wanted->driver);
	struct nlmsghdr *nlh;

	if (status != STATUS_DONE)
		return status;
	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_DRIVER_SET, 0);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, wanted->name);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_DRIVER, wanted->driver);
	return ask(vdpa, wanted->driver);
}

/* The driver comes last: it reads what the device has when it begins. */
enum status difference_change(struct vdpa *vdpa, const struct dev_add *wanted, uint32_t changes)
{
	enum status status = STATUS_DONE;

	for (int setting = 0; status == STATUS_DONE && setting < ADD_DRIVER; setting++)
		if (changes >> setting & 1)
			status = change_setting(vdpa, wanted, setting);
	if (status == STATUS_DONE && changes >> ADD_DRIVER & 1)
		status = change_driver(vdpa, wanted);
	return status;
}
