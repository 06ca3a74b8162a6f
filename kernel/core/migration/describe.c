// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making the migration descriptions of devices and management devices: see describe.h.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "build.h"
#include "config.h"
#include "device.h"
#include "message.h"
#include "mgmtdev.h"
#include "migration/describe.h"
#include "migration/description.h"
#include "migration/rules.h"
#include "request.h"
#include "words.h"

/*
 * Bytes for strings and members in all descriptions of an object, so that they fit a dump message.
 */
#define DESCRIPTION_SIZE	SZ_16K

/* Smallest and largest MTU in a request: virtio 1.2, 5.1.4.1, and a u16. */
#define MTU_MIN			68
#define MTU_MAX			U16_MAX

/* The values of device_api; other classes are "virtio-<number>". */
static const struct {
	u32 class;
	const char *name;
} apis[] = {
	{ VIRTIO_ID_NET,	"virtio-net" },
	{ VIRTIO_ID_BLOCK,	"virtio-blk" },
	{ VIRTIO_ID_CONSOLE,	"virtio-console" },
	{ VIRTIO_ID_SCSI,	"virtio-scsi" },
	{ VIRTIO_ID_CRYPTO,	"virtio-crypto" },
	{ VIRTIO_ID_FS,		"virtio-fs" },
};

static int put_string(struct vdpa_description *description, const char *name, const char *string)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "string", .rule = "equal", .has_value = true,
		.string = string,
	};

	return vdpa_description_add_common(description, &attr);
}

static int put_at_least(struct vdpa_description *description, const char *name, u64 num)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "u64", .rule = "at-least", .has_value = true, .num = num,
	};

	return vdpa_description_add_common(description, &attr);
}

static int put_range(struct vdpa_description *description, const char *name, u64 first, u64 last)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "range", .rule = "contains", .has_value = true,
		.first = first, .last = last,
	};

	return vdpa_description_add_common(description, &attr);
}

static int put_set(struct vdpa_description *description, const char *name,
		   const char *const *members, unsigned int n)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "set", .rule = "superset", .has_value = true,
		.members = members, .n_members = n,
	};

	return vdpa_description_add_common(description, &attr);
}

static int add_api(struct vdpa_description *description)
{
	char number[sizeof("virtio-4294967295")];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(apis); i++)
		if (apis[i].class == description->class)
			return put_string(description, "device_api", apis[i].name);
	snprintf(number, sizeof(number), "virtio-%u", description->class);
	return put_string(description, "device_api", number);
}

static int add_parent(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev)
{
	char name[MODULE_NAME_LEN];

	vdpa_build_module(mgmtdev, name, sizeof(name));
	return put_string(description, "parent", name[0] ? name : dev_name(mgmtdev->mdev->device));
}

/* The software_version of a parent that declares none. */
static int add_build(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev)
{
	char build[VDPA_MIGRATION_STRING_MAX + 1];

	vdpa_build_identity(mgmtdev, build, sizeof(build));
	return put_string(description, "software_version", build);
}

/* Add the attributes that a device has in common with its management device. */
static int add_origin(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev)
{
	return add_api(description) ?: add_parent(description, mgmtdev) ?: add_build(description,
										     mgmtdev);
}

static bool takes(const struct vdpa_mgmtdev *mgmtdev, enum vdpa_attr attr)
{
	return mgmtdev->mdev->config_attr_mask & BIT_ULL(attr);
}

static int add_features(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev,
			const struct vdpa_words *features)
{
	struct vdpa_migration_attribute attr = {
		.name = "device_features",
		.type = "bitmask",
		.rule = "superset",
		.provision = takes(mgmtdev, VDPA_ATTR_DEV_FEATURES),
		.has_value = true,
		.n_high = vdpa_words_used(features) - 1,
		.num = features->word[0],
		.high = &features->word[1],
	};

	return vdpa_description_add_common(description, &attr);
}

static int add_capabilities(struct vdpa_description *description, const struct vdpa_entry *entry)
{
	const struct vdpa_migration_ops *migration = &entry->mgmtdev->migration;
	const struct vdpa_config_ops *ops = entry->parent_ops;
	const char *members[5];
	unsigned int n = 0;

	if (migration->precopy_begin && migration->precopy_load)
		members[n++] = "precopy";
	if (migration->save && migration->load)
		members[n++] = "private_state";
	if (ops->resume)
		members[n++] = "resume";
	if (ops->suspend)
		members[n++] = "suspend";
	if (entry->has_vq_state)
		members[n++] = "vq_state";
	return put_set(description, "capabilities", members, n);
}

/* A target with "inflight" can take up any chains in flight of the source. */
static int add_inflight(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev)
{
	if (!mgmtdev->migration.vq_inflight_set)
		return 0;
	return put_at_least(description, "inflight", 1);
}

static int add_layouts(struct vdpa_description *description, u64 features)
{
	static const char *const layouts[] = { "split", "packed" };

	return put_set(description, "vq_layout", layouts,
		       features & BIT_ULL(VIRTIO_F_RING_PACKED) ? 2 : 1);
}

/* State of a walk over the fields */
struct config_walk {
	struct vdpa_description *description;
	u64 provision;		/* attributes that dev_add accepts */
};

static int add_field(void *data, const struct vdpa_field_value *value)
{
	const struct config_walk *walk = data;
	struct vdpa_migration_attribute attr = {
		.name = value->name,
		.rule = value->rule,
		.type = "u64",
		.provision = value->type != VDPA_FIELD_FLAG &&
			     (walk->provision & BIT_ULL(value->attr)),
		.has_value = true,
		.num = value->type == VDPA_FIELD_FLAG ? !value->num : value->num,
	};
	char mac[sizeof("00:00:00:00:00:00")];

	if (!value->name)
		return 0;
	if (value->type == VDPA_FIELD_MAC) {
		snprintf(mac, sizeof(mac), "%pM", value->mac);
		attr.type = "string";
		attr.string = mac;
	}
	return vdpa_description_add_common(walk->description, &attr);
}

/* The caller holds cf_lock. */
static int add_config(struct vdpa_description *description, struct vdpa_entry *entry)
{
	struct config_walk walk = { description, entry->mgmtdev->mdev->config_attr_mask };

	return vdpa_config_walk(entry, entry->ops.get_device_features(entry->vdev), add_field,
				&walk);
}

/* The caller holds cf_lock. */
static int add_device(struct vdpa_description *description, struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = &entry->ops;
	struct vdpa_iova_range iova = { .first = 0, .last = U64_MAX };
	const struct vdpa_words features = vdpa_features_offered(entry);

	if (ops->get_iova_range)
		iova = ops->get_iova_range(entry->vdev);
	return add_features(description, entry->mgmtdev, &features) ?:
	       put_at_least(description, "max_vqs", entry->vdev->nvqs) ?:
	       put_range(description, "vq_size", min(entry->min_vq_size, entry->max_vq_size),
			 entry->max_vq_size) ?:
	       put_range(description, "iova_range", min(iova.first, iova.last), iova.last) ?:
	       add_layouts(description, features.word[0]) ?:
	       add_capabilities(description, entry) ?:
	       add_inflight(description, entry->mgmtdev) ?:
	       add_config(description, entry);
}

/* Add the attributes that can be set when a device is created. */
static int add_settings(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev)
{
	u32 vqs = mgmtdev->mdev->max_supported_vqs;
	const struct {
		enum vdpa_attr taken;
		struct vdpa_migration_attribute attr;
	} settings[] = {
		{ VDPA_ATTR_DEV_NET_CFG_MACADDR,
		  { .name = "mac", .type = "string" } },
		{ VDPA_ATTR_DEV_NET_CFG_MTU,
		  { .name = "mtu", .type = "range", .has_value = true,
		    .first = MTU_MIN, .last = MTU_MAX } },
		{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP,
		  { .name = "max_vqp", .type = "range", .has_value = true,
		    .first = 1, .last = vqs ? max(vqs / 2, 1U) : U16_MAX } },
	};
	unsigned int i;
	int err = 0;

	if (description->class != VIRTIO_ID_NET)
		return 0;
	for (i = 0; !err && i < ARRAY_SIZE(settings); i++) {
		struct vdpa_migration_attribute attr = settings[i].attr;

		attr.rule = "equal";
		attr.provision = true;
		if (takes(mgmtdev, settings[i].taken))
			err = vdpa_description_add_common(description, &attr);
	}
	return err;
}

/* Add the parent's features and virtqueues, if it declares them. */
static int add_limits(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev)
{
	const struct vdpa_words features = vdpa_features_supported(mgmtdev);
	const struct vdpa_mgmt_dev *mdev = mgmtdev->mdev;
	int err = 0;

	if (features.word[0] || vdpa_words_used(&features) > 1)
		err = add_features(description, mgmtdev, &features);
	if (!err && mdev->max_supported_vqs)
		err = put_at_least(description, "max_vqs", mdev->max_supported_vqs);
	return err;
}

static void complain(const struct vdpa_description *description, int err, const char *name,
		     struct netlink_ext_ack *extack)
{
	const char *fault = description->fault ?: description->own->fault;

	if (fault)
		NL_SET_ERR_MSG_FMT(extack, VDPA_MSG_NAME " cannot be described: %s", name, fault);
	else
		NL_SET_ERR_MSG_FMT(extack,
				   VDPA_MSG_NAME " cannot be described: its parent says %pe",
				   name, ERR_PTR(err));
}

/* The parent's own attributes are in @description->own. */
static int describe_device(struct vdpa_description *description, struct vdpa_entry *entry,
			   const struct vdpa_asker *asker)
{
	int err;

	err = add_origin(description, entry->mgmtdev);
	if (err)
		return err;
	err = vdpa_poll_down_read(&entry->vdev->cf_lock, asker);
	if (err)
		return err;
	err = add_device(description, entry);
	up_read(&entry->vdev->cf_lock);
	return err ?: vdpa_description_add_rest(description);
}

static int describe_class(struct vdpa_description *description, const struct vdpa_mgmtdev *mgmtdev)
{
	return add_origin(description, mgmtdev) ?: add_limits(description, mgmtdev) ?:
	       add_inflight(description, mgmtdev) ?: add_settings(description, mgmtdev) ?:
	       vdpa_description_add_rest(description);
}

/* @entry: NULL for a management device */
static int describe_own(struct vdpa_description *own, struct vdpa_entry *entry,
			struct vdpa_mgmtdev *mgmtdev)
{
	const struct vdpa_migration_ops *migration = &mgmtdev->migration;

	if (entry)
		return migration->describe ? migration->describe(entry->vdev, &own->sink) : 0;
	if (!migration->describe_mgmtdev)
		return 0;
	return migration->describe_mgmtdev(mgmtdev->mdev, own->class, &own->sink);
}

static int describe(struct vdpa_description *description, struct vdpa_entry *entry,
		    struct vdpa_mgmtdev *mgmtdev, const struct vdpa_asker *asker,
		    struct netlink_ext_ack *extack)
{
	struct vdpa_description *own = vdpa_description_new(description->class, description->size);
	int err;

	if (!own)
		return -ENOMEM;
	description->own = own;
	err = describe_own(own, entry, mgmtdev);
	if (!err)
		err = entry ? describe_device(description, entry, asker) :
			      describe_class(description, mgmtdev);
	if (err && err != -ECANCELED)
		complain(description, err,
			 entry ? vdpa_entry_name(entry) : dev_name(mgmtdev->mdev->device), extack);
	description->own = NULL;
	vdpa_description_free(own);
	return err;
}

static struct vdpa_descriptions *description_new(unsigned int n)
{
	struct vdpa_descriptions *descriptions;

	descriptions = kzalloc(struct_size(descriptions, list, n), GFP_KERNEL);
	if (descriptions)
		descriptions->n = n;
	return descriptions;
}

void vdpa_descriptions_free(struct vdpa_descriptions *descriptions)
{
	unsigned int i;

	if (!descriptions)
		return;
	for (i = 0; i < descriptions->n; i++)
		vdpa_description_free(descriptions->list[i]);
	kfree(descriptions);
}

/* Return: the description of a class, or NULL. */
struct vdpa_description *vdpa_descriptions_find(const struct vdpa_descriptions *descriptions,
						u32 class)
{
	unsigned int i;

	for (i = 0; i < descriptions->n; i++)
		if (descriptions->list[i]->class == class)
			return descriptions->list[i];
	return NULL;
}

/**
 * vdpa_describe_device - describe a device for migration
 * @entry: the device, created by a management device
 * @asker: tells whether the result is still wanted; NULL: always
 * @extack: set on error
 *
 * Context: may sleep for as long as the parent takes; no lock may be held.
 * Return: the description, to be freed with vdpa_descriptions_free(), or an ERR_PTR.
 */
struct vdpa_descriptions *vdpa_describe_device(struct vdpa_entry *entry,
					       const struct vdpa_asker *asker,
					       struct netlink_ext_ack *extack)
{
	struct vdpa_descriptions *descriptions = description_new(1);
	int err = -ENOMEM;

	if (!descriptions)
		return ERR_PTR(-ENOMEM);
	descriptions->list[0] = vdpa_description_new(entry->device_id, DESCRIPTION_SIZE);
	if (descriptions->list[0])
		err = describe(descriptions->list[0], entry, entry->mgmtdev, asker, extack);
	if (!err)
		return descriptions;
	vdpa_descriptions_free(descriptions);
	return ERR_PTR(err);
}

static unsigned int count_classes(const struct vdpa_mgmtdev *mgmtdev)
{
	const struct virtio_device_id *id = mgmtdev->mdev->id_table;
	unsigned int n = 0;

	while (id[n].device)
		n++;
	return n;
}

/**
 * vdpa_describe_mgmtdev - describe a management device for migration
 * @mgmtdev: the management device
 * @extack: set on error
 *
 * Context: may sleep for as long as the parent takes; no lock may be held.
 * Return: the description, to be freed with vdpa_descriptions_free(), or an ERR_PTR.
 */
struct vdpa_descriptions *vdpa_describe_mgmtdev(struct vdpa_mgmtdev *mgmtdev,
						struct netlink_ext_ack *extack)
{
	unsigned int i, n = count_classes(mgmtdev);
	struct vdpa_descriptions *descriptions = description_new(n);
	int err = 0;

	if (!descriptions)
		return ERR_PTR(-ENOMEM);
	for (i = 0; !err && i < n; i++) {
		u32 class = mgmtdev->mdev->id_table[i].device;

		descriptions->list[i] = vdpa_description_new(class, DESCRIPTION_SIZE / n);
		if (descriptions->list[i])
			err = describe(descriptions->list[i], NULL, mgmtdev, NULL, extack);
		else
			err = -ENOMEM;
	}
	if (!err)
		return descriptions;
	vdpa_descriptions_free(descriptions);
	return ERR_PTR(err);
}

/* Bytes of a value in a message, of 79 in all. */
#define VALUE_LEN	19

static void print_set(char *buf, size_t size, const struct vdpa_migration_attribute *attr)
{
	size_t len = scnprintf(buf, size, "{");
	unsigned int i;

	for (i = 0; i < attr->n_members; i++)
		len += scnprintf(buf + len, size - len, "%s%s", i ? "," : "", attr->members[i]);
	scnprintf(buf + len, size - len, "}");
}

/* If there is no room for all bits, print the highest ones and "...". */
static void print_words(char *buf, size_t size, const struct vdpa_migration_attribute *attr)
{
	static const char cut[] = "...";
	unsigned int n = attr->n_high;
	size_t len;

	len = scnprintf(buf, size, "0x%llx", attr->high[--n]);
	while (n)
		len += scnprintf(buf + len, size - len, "%016llx", attr->high[--n]);
	scnprintf(buf + len, size - len, "%016llx", attr->num);
	if (len + 16 >= size)
		strscpy(buf + size - sizeof(cut), cut, sizeof(cut));
}

static void print_value(char *buf, size_t size, const struct vdpa_migration_attribute *attr)
{
	if (!attr) {
		strscpy(buf, "missing", size);
		return;
	}
	if (!attr->has_value) {
		strscpy(buf, "any", size);
		return;
	}
	switch (vdpa_value_of(attr->type)) {
	case VDPA_VALUE_NUM:
		if (attr->n_high)
			print_words(buf, size, attr);
		else
			scnprintf(buf, size, strcmp(attr->type, "u64") ? "0x%llx" : "%llu",
				  attr->num);
		break;
	case VDPA_VALUE_RANGE:
		scnprintf(buf, size, "0x%llx-0x%llx", attr->first, attr->last);
		break;
	case VDPA_VALUE_SET:
		print_set(buf, size, attr);
		break;
	case VDPA_VALUE_STRING:
	case VDPA_VALUE_VERSION:
		strscpy(buf, attr->string, size);
		break;
	default:
		strscpy(buf, "?", size);
	}
}

static void tell_mismatch(const struct vdpa_description *source,
			  const struct vdpa_description *target,
			  const struct vdpa_mismatch *mismatch, struct netlink_ext_ack *extack)
{
	char there[VALUE_LEN], here[VALUE_LEN], text[NETLINK_MAX_FMTMSG_LEN];
	size_t len;

	if (!mismatch->source) {
		NL_SET_ERR_MSG_FMT(extack, "class: source %u, target %u", source->class,
				   target->class);
		return;
	}
	print_value(there, sizeof(there), mismatch->source);
	print_value(here, sizeof(here), mismatch->target);
	len = scnprintf(text, sizeof(text), "%.24s: source %s, target %s", mismatch->source->name,
			there, here);
	/* Add the rule if there is room. */
	if (len + strlen(mismatch->source->rule) + sizeof(" ()") <= sizeof(text))
		scnprintf(text + len, sizeof(text) - len, " (%s)", mismatch->source->rule);
	NL_SET_ERR_MSG_FMT(extack, "%s", text);
}

static int last_word(const struct vdpa_description *source, struct vdpa_entry *entry,
		     struct vdpa_mgmtdev *mgmtdev, struct netlink_ext_ack *extack)
{
	const struct vdpa_migration_source view = {
		.class = source->class, .n = source->n, .attrs = source->attrs,
	};
	int err;

	if (!mgmtdev->migration.check)
		return 0;
	err = mgmtdev->migration.check(mgmtdev->mdev, entry ? entry->vdev : NULL, &view, extack);
	if (err && !extack->_msg)
		NL_SET_ERR_MSG_FMT(extack, "the parent of " VDPA_MSG_NAME " refuses: %pe",
				   entry ? vdpa_entry_name(entry) : dev_name(mgmtdev->mdev->device),
				   ERR_PTR(err));
	return err ? -EMEDIUMTYPE : 0;
}

static int judge(const struct vdpa_description *source,
		 const struct vdpa_descriptions *descriptions, bool creates,
		 struct netlink_ext_ack *extack)
{
	const struct vdpa_description *target = vdpa_descriptions_find(descriptions, source->class);
	struct vdpa_mismatch mismatch;

	if (!target && descriptions->n)
		target = descriptions->list[0];
	if (target && vdpa_compatible(source, target, creates, &mismatch))
		return 0;
	if (target)
		tell_mismatch(source, target, &mismatch, extack);
	return -EMEDIUMTYPE;
}

/**
 * vdpa_judge - check whether a device can be migrated to a device here
 * @source: description of the source device
 * @entry: the device to migrate to; NULL: one that @mgmtdev would create
 * @mgmtdev: the management device; with @entry, that of @entry
 * @asker: tells whether the result is still wanted; NULL: always
 * @extack: set to the first mismatch
 *
 * Context: may sleep for as long as the parent takes; no lock may be held.
 * Return: 0; -EMEDIUMTYPE if it does not match; or another error.
 */
int vdpa_judge(const struct vdpa_description *source, struct vdpa_entry *entry,
	       struct vdpa_mgmtdev *mgmtdev, const struct vdpa_asker *asker,
	       struct netlink_ext_ack *extack)
{
	struct vdpa_descriptions *descriptions;
	int err;

	if (entry)
		descriptions = vdpa_describe_device(entry, asker, extack);
	else
		descriptions = vdpa_describe_mgmtdev(mgmtdev, extack);
	if (IS_ERR(descriptions))
		return PTR_ERR(descriptions);
	err = judge(source, descriptions, !entry, extack);
	vdpa_descriptions_free(descriptions);
	return err ?: last_word(source, entry, mgmtdev, extack);
}
