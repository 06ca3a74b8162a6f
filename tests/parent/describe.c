// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of migration that tests choose: see describe.h.
 *
 * The text has attributes separated by ';' or line feeds, each
 *
 *	NAME TYPE RULE [provision] [u64=N] [string=TEXT] [accepts=RANGES]
 *		[member=TEXT]... [first=N] [last=N]
 *
 * with blanks in between and none in a value. A bitmask with bits beyond 63 is a number of more
 * than 16 hexadecimal digits.
 *
 * Feature bits beyond 63, which no operation of a device knows, are in offered_high,
 * negotiated_high and supported_high.
 */

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vdpa_migration.h>

#include "describe.h"

#define VTP_TEXT_MAX	SZ_64K
#define VTP_MEMBERS_MAX	512

static DEFINE_MUTEX(vtp_lock);		/* vtp_text; nothing is called with it held */
static char *vtp_text;			/* NULL: nothing to say */

/* Bits 64 to 127 of what the devices offer, their drivers have negotiated, and all of them can. */
static u64 vtp_offered_high;
static u64 vtp_negotiated_high;
static u64 vtp_supported_high;

/* One attribute that is being read; values of all types at once. */
struct vtp_attribute {
	struct vdpa_migration_attribute attr;
	u64 num;
	u64 high[VDPA_HIGH_WORDS + 1];
	u64 first;
	u64 last;
	const char *string;
	const char *accepts;
	const char *members[VTP_MEMBERS_MAX];
	unsigned int n_members;
};

static const char *vtp_value(const char *token, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(token, key, len) && token[len] == '=' ? token + len + 1 : NULL;
}

/* Sixteen digits a word, from the end. */
static int vtp_take_number(struct vtp_attribute *a, const char *value)
{
	size_t len = strlen(value);
	unsigned int n = 0;
	char word[17];
	int err;

	if (strncmp(value, "0x", 2) || len <= 2 + 16)
		return kstrtou64(value, 0, &a->num);
	for (value += 2, len -= 2; len; n++) {
		size_t digits = min_t(size_t, len, 16);

		if (n > ARRAY_SIZE(a->high))
			return -E2BIG;
		len -= digits;
		memcpy(word, value + len, digits);
		word[digits] = '\0';
		err = kstrtou64(word, 16, n ? &a->high[n - 1] : &a->num);
		if (err)
			return err;
	}
	a->attr.n_high = n - 1;
	return 0;
}

static int vtp_take_token(struct vtp_attribute *a, const char *token)
{
	const char *value;

	if (!strcmp(token, "provision")) {
		a->attr.provision = true;
		return 0;
	}
	a->attr.has_value = true;
	value = vtp_value(token, "u64");
	if (value)
		return vtp_take_number(a, value);
	value = vtp_value(token, "first");
	if (value)
		return kstrtou64(value, 0, &a->first);
	value = vtp_value(token, "last");
	if (value)
		return kstrtou64(value, 0, &a->last);
	value = vtp_value(token, "string");
	if (value) {
		a->string = value;
		return 0;
	}
	value = vtp_value(token, "accepts");
	if (value) {
		a->accepts = value;
		return 0;
	}
	value = vtp_value(token, "member");
	if (!value || a->n_members == VTP_MEMBERS_MAX)
		return -EINVAL;
	a->members[a->n_members++] = value;
	return 0;
}

/* The union of values: which one counts follows from the type. */
static void vtp_set_value(struct vtp_attribute *a)
{
	const char *type = a->attr.type;

	if (!strcmp(type, "set")) {
		a->attr.has_value |= !a->attr.provision;
		a->attr.members = a->members;
		a->attr.n_members = a->n_members;
	} else if (!strcmp(type, "range")) {
		a->attr.first = a->first;
		a->attr.last = a->last;
	} else if (!strcmp(type, "string") || !strcmp(type, "version")) {
		a->attr.string = a->string;
		a->attr.accepts = a->accepts;
	} else {
		a->attr.num = a->num;
		a->attr.high = a->high;
	}
}

static int vtp_take_attribute(struct vdpa_migration_list *list, struct vtp_attribute *a, char *text)
{
	const char **words[] = { &a->attr.name, &a->attr.type, &a->attr.rule };
	unsigned int n = 0;
	char *token;
	int err;

	memset(a, 0, sizeof(*a));
	while ((token = strsep(&text, " \t"))) {
		if (!*token)
			continue;
		if (n < ARRAY_SIZE(words)) {
			*words[n++] = token;
			continue;
		}
		err = vtp_take_token(a, token);
		if (err)
			return err;
	}
	if (!n)
		return 0;
	if (n < ARRAY_SIZE(words))
		return -EINVAL;
	vtp_set_value(a);
	return list->add(list, &a->attr);
}

static int vtp_take_all(struct vdpa_migration_list *list, char *text)
{
	struct vtp_attribute *a;
	char *part;
	int err = 0;

	a = kvmalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	while (!err && (part = strsep(&text, ";\n")))
		err = vtp_take_attribute(list, a, part);
	kvfree(a);
	return err;
}

static int vtp_describe(struct vdpa_migration_list *list)
{
	char *copy;
	int err;

	mutex_lock(&vtp_lock);
	copy = kstrdup(vtp_text ?: "", GFP_KERNEL);
	mutex_unlock(&vtp_lock);
	if (!copy)
		return -ENOMEM;
	err = vtp_take_all(list, copy);
	kfree(copy);
	return err;
}

static int vtp_describe_device(struct vdpa_device *vdev, struct vdpa_migration_list *list)
{
	return vtp_describe(list);
}

static int vtp_describe_mgmtdev(struct vdpa_mgmt_dev *mdev, u32 class,
				struct vdpa_migration_list *list)
{
	return vtp_describe(list);
}

static void vtp_features_high(struct vdpa_device *vdev, bool negotiated, u64 *high)
{
	*high = READ_ONCE(*(negotiated ? &vtp_negotiated_high : &vtp_offered_high));
}

static void vtp_supported_features_high(struct vdpa_mgmt_dev *mdev, u64 *high)
{
	*high = READ_ONCE(vtp_supported_high);
}

/* Which operations of pre-copy there are, and save and load: a bit each, in the order below. */
static uint precopy;
module_param(precopy, uint, 0444);
MODULE_PARM_DESC(precopy, "mask of the operations of pre-copy that mig has");

static int vtp_save(struct vdpa_device *vdev, struct vdpa_migration_writer *to)
{
	return 0;
}

static int vtp_load(struct vdpa_device *vdev, const struct vdpa_migration_source *source,
		    struct vdpa_migration_reader *from)
{
	return 0;
}

static int vtp_begin(struct vdpa_device *vdev)
{
	return 0;
}

static int vtp_info(struct vdpa_device *vdev, u64 *initial, u64 *dirty)
{
	return 0;
}

static void vtp_end(struct vdpa_device *vdev)
{
}

/* With what else is in @ops. */
int vtp_register_described(struct vdpa_mgmt_dev *mgmt, struct vdpa_migration_ops *ops)
{
	ops->describe = vtp_describe_device;
	ops->describe_mgmtdev = vtp_describe_mgmtdev;
	ops->features_high = vtp_features_high;
	ops->supported_high = vtp_supported_features_high;
	ops->save = precopy & BIT(0) ? vtp_save : NULL;
	ops->precopy_begin = precopy & BIT(1) ? vtp_begin : NULL;
	ops->precopy_read = precopy & BIT(2) ? vtp_save : NULL;
	ops->precopy_info = precopy & BIT(3) ? vtp_info : NULL;
	ops->precopy_save = precopy & BIT(4) ? vtp_save : NULL;
	ops->precopy_end = precopy & BIT(5) ? vtp_end : NULL;
	ops->load = precopy & BIT(6) ? vtp_load : NULL;
	ops->precopy_load = precopy & BIT(7) ? vtp_load : NULL;
	ops->precopy_drop = precopy & BIT(8) ? vtp_end : NULL;
	return vdpa_mgmtdev_register_migration(mgmt, ops);
}

/* The text is replaced by what one write has. */
static ssize_t vtp_write(struct file *file, const char __user *from, size_t len, loff_t *at)
{
	char *text;

	if (len > VTP_TEXT_MAX)
		return -E2BIG;
	text = memdup_user_nul(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&vtp_lock);
	swap(vtp_text, text);
	mutex_unlock(&vtp_lock);
	kfree(text);
	return len;
}

static const struct file_operations vtp_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vtp_write,
};

void vtp_add_description(struct dentry *dir)
{
	debugfs_create_file("description", 0200, dir, NULL, &vtp_fops);
	debugfs_create_x64("offered_high", 0600, dir, &vtp_offered_high);
	debugfs_create_x64("negotiated_high", 0600, dir, &vtp_negotiated_high);
	debugfs_create_x64("supported_high", 0600, dir, &vtp_supported_high);
}

void vtp_free_description(void)
{
	kfree(vtp_text);
}
