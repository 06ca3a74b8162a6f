// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices over netlink: create, delete, change, show.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "driver.h"
#include "features.h"
#include "kver.h"
#include "mgmtdev.h"
#include "netlink/netlink.h"
#include "netlink/nl_request.h"
#include "notify.h"
#include "registry.h"
#include "removal.h"

/* Attributes that only a network device has. */
#define NET_ATTRS	(BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) |	\
			 BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU) |		\
			 BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP))

/* Feature bits that depend on the class: all but the transport's. */
#define CLASS_FEATURES	(~GENMASK_ULL(VIRTIO_TRANSPORT_F_END, VIRTIO_TRANSPORT_F_START))

/* The attributes that DEV_NEW passes to the parent, with names for messages. */
static const struct {
	enum vdpa_attr attr;
	const char *name;
} add_attrs[] = {
	{ VDPA_ATTR_DEV_NET_CFG_MACADDR,	"a MAC address" },
	{ VDPA_ATTR_DEV_NET_CFG_MTU,		"an MTU" },
	{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP,	"a number of queue pairs" },
	{ VDPA_ATTR_DEV_FEATURES,		"features" },
};

static const char *name_fault(struct vdpa_str name)
{
	u32 i;

	if (!name.len)
		return "a device name must not be empty";
	if (name.len > VDPA_NAME_LEN_MAX)
		return "a device name has at most 63 bytes";
	if (vdpa_str_eq(name, vdpa_str(".")) || vdpa_str_eq(name, vdpa_str("..")))
		return "a device name must not be \".\" or \"..\"";
	for (i = 0; i < name.len; i++) {
		if (name.s[i] == '/')
			return "a device name must not contain '/'";
		if ((u8)name.s[i] < 0x20 || name.s[i] == 0x7f)
			return "a device name must not contain control characters";
	}
	return NULL;
}

static int check_name(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEV_NAME];
	const char *fault;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_DEV_NAME)) {
		NL_SET_ERR_MSG(info->extack, "the device's name is missing");
		return -EINVAL;
	}
	fault = name_fault(vdpa_nl_str(attr));
	if (fault) {
		NL_SET_BAD_ATTR(info->extack, attr);
		info->extack->_msg = fault;
		return -EINVAL;
	}
	return 0;
}

/* Read the attributes, and check each by itself. */
static int read_config(struct genl_info *info, struct vdpa_dev_set_config *config)
{
	struct nlattr **attrs = info->attrs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(add_attrs); i++)
		if (attrs[add_attrs[i].attr])
			config->mask |= BIT_ULL(add_attrs[i].attr);

	if (attrs[VDPA_ATTR_DEV_NET_CFG_MACADDR]) {
		nla_memcpy(config->net.mac, attrs[VDPA_ATTR_DEV_NET_CFG_MACADDR], ETH_ALEN);
		if (!is_valid_ether_addr(config->net.mac)) {
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, attrs[VDPA_ATTR_DEV_NET_CFG_MACADDR],
						"%pM is no unicast MAC address", config->net.mac);
			return -EINVAL;
		}
	}
	if (attrs[VDPA_ATTR_DEV_NET_CFG_MTU])
		config->net.mtu = nla_get_u16(attrs[VDPA_ATTR_DEV_NET_CFG_MTU]);
	if (attrs[VDPA_ATTR_DEV_NET_CFG_MAX_VQP]) {
		config->net.max_vq_pairs = nla_get_u16(attrs[VDPA_ATTR_DEV_NET_CFG_MAX_VQP]);
		if (!config->net.max_vq_pairs) {
			NL_SET_ERR_MSG_ATTR(info->extack, attrs[VDPA_ATTR_DEV_NET_CFG_MAX_VQP],
					    "a network device needs at least one queue pair");
			return -EINVAL;
		}
	}
	if (attrs[VDPA_ATTR_DEV_FEATURES])
		config->device_features = nla_get_u64(attrs[VDPA_ATTR_DEV_FEATURES]);
	return 0;
}

/* Return: the class of the requested device, or 0 if it is not certain. */
static u32 wanted_class(const struct vdpa_mgmtdev *mgmtdev,
			const struct vdpa_dev_set_config *config)
{
	u64 classes = vdpa_mgmtdev_classes(mgmtdev);

	if (config->mask & NET_ATTRS)
		return VIRTIO_ID_NET;
	return hweight64(classes) == 1 ? __ffs64(classes) : 0;
}

/* If features are given, they must include those that the other attributes need. */
static int check_features_cover(struct genl_info *info, const struct vdpa_dev_set_config *config)
{
	char names[VDPA_FEATURES_TEXT];
	u64 needed = 0;

	if (!(config->mask & BIT_ULL(VDPA_ATTR_DEV_FEATURES)))
		return 0;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR))
		needed |= BIT_ULL(VIRTIO_NET_F_MAC);
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU))
		needed |= BIT_ULL(VIRTIO_NET_F_MTU);
	if (config->net.max_vq_pairs > 1)
		needed |= BIT_ULL(VIRTIO_NET_F_MQ);
	needed &= ~config->device_features;
	if (!needed)
		return 0;
	vdpa_features_text(VIRTIO_ID_NET, needed, names);
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[VDPA_ATTR_DEV_FEATURES],
				"the attributes given need the features %s as well", names);
	return -EINVAL;
}

/* Check the dependencies between features. */
static int check_features_agree(struct genl_info *info, const struct vdpa_mgmtdev *mgmtdev,
				const struct vdpa_dev_set_config *config)
{
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEV_FEATURES];
	u32 class = wanted_class(mgmtdev, config);
	const struct vdpa_feature_need *need;
	char names[VDPA_FEATURES_TEXT], lacking[VDPA_FEATURES_TEXT];

	need = attr ? vdpa_features_lack(class, config->device_features) : NULL;
	if (!need)
		return 0;
	vdpa_features_text(class, need->needs, lacking);
	if (need->bit == VDPA_FEATURE_ALWAYS) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "a device needs the feature %s",
					lacking);
		return -EINVAL;
	}
	vdpa_features_text(class, BIT_ULL(need->bit), names);
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "the feature %s needs %s%s", names,
				hweight64(need->needs) > 1 ? "one of " : "", lacking);
	return -EINVAL;
}

/* Check that the parent accepts each attribute. */
static int check_parent_takes(struct genl_info *info, const struct vdpa_mgmtdev *mgmtdev,
			      const struct vdpa_dev_set_config *config)
{
	const struct vdpa_mgmt_dev *mdev = mgmtdev->mdev;
	u64 refused = config->mask & ~mdev->config_attr_mask;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(add_attrs); i++) {
		if (!(refused & BIT_ULL(add_attrs[i].attr)))
			continue;
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[add_attrs[i].attr],
					"management device " VDPA_MSG_NAME " does not take %s",
					dev_name(mdev->device), add_attrs[i].name);
		return -EOPNOTSUPP;
	}
	return 0;
}

static struct nlattr *first_net_attr(const struct genl_info *info)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(add_attrs); i++)
		if ((BIT_ULL(add_attrs[i].attr) & NET_ATTRS) && info->attrs[add_attrs[i].attr])
			return info->attrs[add_attrs[i].attr];
	return NULL;
}

/* Check that the attributes fit the classes of devices that the parent creates. */
static int check_classes(struct genl_info *info, const struct vdpa_mgmtdev *mgmtdev,
			 const struct vdpa_dev_set_config *config)
{
	const char *name = dev_name(mgmtdev->mdev->device);
	u64 classes = vdpa_mgmtdev_classes(mgmtdev);

	if (config->mask & NET_ATTRS) {
		if (classes & BIT_ULL(VIRTIO_ID_NET))
			return 0;
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, first_net_attr(info),
					"management device " VDPA_MSG_NAME
					" creates no network devices", name);
		return -EINVAL;
	}
	if ((config->device_features & CLASS_FEATURES) && hweight64(classes) > 1 &&
	    (classes & BIT_ULL(VIRTIO_ID_NET))) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[VDPA_ATTR_DEV_FEATURES],
					"of which class? " VDPA_MSG_NAME " creates several",
					name);
		return -EINVAL;
	}
	return 0;
}

/* Check against the parent's features and virtqueues. 0 means not known: then the parent checks. */
static int check_parent_has(struct genl_info *info, const struct vdpa_mgmtdev *mgmtdev,
			    const struct vdpa_dev_set_config *config)
{
	const struct vdpa_mgmt_dev *mdev = mgmtdev->mdev;
	u64 lacking = config->device_features & ~mdev->supported_features;
	u32 vqs = 2 * config->net.max_vq_pairs;
	char names[VDPA_FEATURES_TEXT];

	if (mdev->supported_features && lacking) {
		vdpa_features_text(wanted_class(mgmtdev, config), lacking, names);
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[VDPA_ATTR_DEV_FEATURES],
					VDPA_MSG_NAME " lacks the features %s",
					dev_name(mdev->device), names);
		return -EINVAL;
	}
	if (mdev->max_supported_vqs && vqs > mdev->max_supported_vqs) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[VDPA_ATTR_DEV_NET_CFG_MAX_VQP],
					VDPA_MSG_NAME " has %u virtqueues, not the %u needed",
					dev_name(mdev->device), mdev->max_supported_vqs, vqs);
		return -EINVAL;
	}
	return 0;
}

/* Return: bit n is set if DEV_NEW for this management device accepts attribute n. */
u64 vdpa_nl_dev_new_attrs(const struct vdpa_mgmtdev *mgmtdev)
{
	u64 attrs = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(add_attrs); i++)
		attrs |= BIT_ULL(add_attrs[i].attr);
	return attrs & mgmtdev->mdev->config_attr_mask;
}

/* Check that the requested driver, if any, is loaded. */
static int check_driver(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEV_DRIVER];
	int err = attr ? vdpa_driver_check(nla_data(attr), info->extack) : 0;

	if (err)
		NL_SET_BAD_ATTR(info->extack, attr);
	return err;
}

/* Create a request with req->driver set; the name is valid as long as the request. */
static struct vdpa_request *request_with_driver(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_request *req = vdpa_nl_request_new(skb, info);
	const struct nlattr *attr;

	if (IS_ERR(req))
		return req;
	attr = vdpa_nl_request_info(req)->attrs[VDPA_ATTR_DEV_DRIVER];
	req->driver = attr ? nla_data(attr) : NULL;
	return req;
}

static int add_submit(struct sk_buff *skb, struct genl_info *info,
		      const struct vdpa_dev_set_config *config)
{
	struct nlattr *name = info->attrs[VDPA_ATTR_DEV_NAME];
	struct vdpa_str text = vdpa_nl_str(name);
	struct vdpa_request *req;
	int err;

	req = request_with_driver(skb, info);
	if (IS_ERR(req))
		return PTR_ERR(req);
	req->config = *config;
	req->name = vdpa_name_reserve(text);
	if (IS_ERR(req->name)) {
		err = PTR_ERR(req->name);
		req->name = NULL;
		vdpa_request_cancel(req);
		if (err == -EEXIST)
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, name,
						"the name %.*s is taken",
						min_t(int, text.len, 32), text.s);
		return err;
	}
	err = vdpa_mgmtdev_add_device(vdpa_nl_mgmtdev(info), req, info->extack);
	if (!err)
		return vdpa_nl_request_wait(req);
	vdpa_request_cancel(req);
	return err;
}

int vdpa_nl_dev_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_mgmtdev *mgmtdev = vdpa_nl_mgmtdev(info);
	struct vdpa_dev_set_config config = {};
	int err;

	err = check_name(info);
	if (!err)
		err = read_config(info, &config);
	if (!err)
		err = check_features_cover(info, &config);
	if (!err)
		err = check_parent_takes(info, mgmtdev, &config);
	if (!err)
		err = check_classes(info, mgmtdev, &config);
	if (!err)
		err = check_parent_has(info, mgmtdev, &config);
	if (!err)
		err = check_features_agree(info, mgmtdev, &config);
	if (!err)
		err = check_driver(info);
	if (err)
		return err;
	return add_submit(skb, info, &config);
}

/* With VDPA_ATTR_NOWAIT, the time to wait for the unbind of the driver, in ms. */
#define NOWAIT_MS	1000

/* Refuse a device in use: vhost_vdpa is unbound only when its file is closed. */
static int check_unused(struct genl_info *info, struct vdpa_entry *entry)
{
	if (!vdpa_driver_is_used(entry))
		return 0;
	NL_SET_BAD_ATTR(info->extack, info->attrs[VDPA_ATTR_DEV_NAME]);
	vdpa_driver_say_used(entry, info->extack);
	return -EBUSY;
}

/* Read how long to wait for the unbind of the driver: see VDPA_ATTR_NOWAIT. */
static int read_patience(struct genl_info *info, u32 *deadline, int *late)
{
	struct nlattr *nowait = info->attrs[VDPA_ATTR_NOWAIT];
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEADLINE];

	*deadline = nowait ? NOWAIT_MS : 0;
	*late = nowait ? -EBUSY : -ETIMEDOUT;
	if (!attr)
		return 0;
	if (nowait) {
		NL_SET_ERR_MSG_ATTR(info->extack, nowait,
				    "either nowait or a deadline, not both");
		return -EINVAL;
	}
	return vdpa_nl_read_deadline(attr, deadline, info->extack);
}

/* Wait for a deletion or driver change. @err: why it has not begun, or 0. */
static int removal_wait(struct genl_info *info, struct vdpa_request *req, int err)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);

	if (err) {
		NL_SET_BAD_ATTR(info->extack, info->attrs[VDPA_ATTR_DEV_NAME]);
		vdpa_request_cancel(req);
		return err;
	}
	/* Stop being a user before waiting: a deletion waits for all users of the device. */
	info->user_ptr[0] = NULL;
	vdpa_entry_put(entry);
	return vdpa_nl_request_wait(req);
}

int vdpa_nl_dev_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct vdpa_request *req;
	u32 deadline;
	int err, late;

	err = read_patience(info, &deadline, &late);
	if (!err && info->attrs[VDPA_ATTR_NOWAIT])
		err = check_unused(info, entry);
	if (err)
		return err;
	req = vdpa_nl_request_new(skb, info);
	if (IS_ERR(req))
		return PTR_ERR(req);
	err = vdpa_removal_start(entry, req, deadline, late, info->extack);
	return removal_wait(info, req, err);
}

/* Check that the driver of a device can be changed. With a deadline, the device may be in use. */
static int check_change(struct genl_info *info, struct vdpa_entry *entry)
{
	struct vdpa_state_view state;
	int err;
	u64 seq;

	err = vdpa_entry_check_owner(entry, NULL, info->extack);
	state = vdpa_state_read(entry, &seq);
	if (!err && state.holds & VDPA_HOLD_MANAGEMENT) {
		NL_SET_ERR_MSG_FMT(info->extack, "device " VDPA_MSG_NAME
				   " is suspended by management: resume it first",
				   vdpa_entry_name(entry));
		err = -EBUSY;
	}
	if (err)
		NL_SET_BAD_ATTR(info->extack, info->attrs[VDPA_ATTR_DEV_NAME]);
	else if (!info->attrs[VDPA_ATTR_DEADLINE])
		err = check_unused(info, entry);
	return err;
}

static int driver_change(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEADLINE];
	u32 deadline = NOWAIT_MS;
	struct vdpa_request *req;
	int err;

	err = attr ? vdpa_nl_read_deadline(attr, &deadline, info->extack) : 0;
	if (!err)
		err = check_change(info, entry);
	if (err)
		return err;
	req = request_with_driver(skb, info);
	if (IS_ERR(req))
		return PTR_ERR(req);
	err = vdpa_removal_change(entry, req, deadline, attr ? -ETIMEDOUT : -EBUSY, info->extack);
	return removal_wait(info, req, err);
}

int vdpa_nl_dev_driver_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	const char *driver;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_DEV_DRIVER)) {
		NL_SET_ERR_MSG(info->extack, "the driver's name is missing");
		return -EINVAL;
	}
	err = check_driver(info);
	if (err)
		return err;
	driver = nla_data(info->attrs[VDPA_ATTR_DEV_DRIVER]);
	/* The driver is bound already: keep it, even if the device is in use. */
	if (strcmp(driver, VDPA_DRIVER_NONE) && vdpa_driver_is(entry, driver))
		return vdpa_driver_keep(entry, driver);
	return driver_change(skb, info);
}

static int put_driver(struct sk_buff *msg, struct vdpa_entry *entry)
{
	int err;

	mutex_lock(&vdpa_registry_lock);
	err = entry->driver ? nla_put_string(msg, VDPA_ATTR_DEV_DRIVER, entry->driver) : 0;
	mutex_unlock(&vdpa_registry_lock);
	return err;
}

static int put_latency(struct sk_buff *msg, const struct vdpa_latency *latency, int last, int max)
{
	return (latency->last && nla_put_u64_64bit(msg, last, latency->last, VDPA_ATTR_PAD)) ||
	       (latency->max && nla_put_u64_64bit(msg, max, latency->max, VDPA_ATTR_PAD));
}

static int put_expected(struct sk_buff *msg, const struct vdpa_entry *entry)
{
	const struct vdpa_migration_ops *migration = &entry->mgmtdev->migration;

	if (migration->suspend_estimate &&
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_SUSPEND_ESTIMATE,
			      migration->suspend_estimate(entry->vdev), VDPA_ATTR_PAD))
		return -EMSGSIZE;
	if (migration->resume_estimate &&
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_RESUME_ESTIMATE,
			      migration->resume_estimate(entry->vdev), VDPA_ATTR_PAD))
		return -EMSGSIZE;
	return 0;
}

/* Write the measured and expected latencies. Return: 0 or -EMSGSIZE. */
int vdpa_nl_put_latencies(struct sk_buff *msg, const struct vdpa_entry *entry,
			  const struct vdpa_state_view *state)
{
	if (put_latency(msg, &state->suspend, VDPA_ATTR_DEV_SUSPEND_LAST,
			VDPA_ATTR_DEV_SUSPEND_MAX) ||
	    put_latency(msg, &state->resume, VDPA_ATTR_DEV_RESUME_LAST, VDPA_ATTR_DEV_RESUME_MAX))
		return -EMSGSIZE;
	return put_expected(msg, entry);
}

/* Write the state of a device. Return: 0 or -EMSGSIZE. */
static int put_state(struct sk_buff *msg, struct vdpa_entry *entry)
{
	struct vdpa_state_view state;
	u64 seq;

	state = vdpa_state_read(entry, &seq);
	if (nla_put_u8(msg, VDPA_ATTR_DEV_STATE, state.now) ||
	    vdpa_nl_put_caps(msg, entry) ||
	    put_driver(msg, entry) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_TRANSITIONS, state.transitions, VDPA_ATTR_PAD) ||
	    vdpa_nl_put_latencies(msg, entry, &state) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_EVENT_SEQ, seq, VDPA_ATTR_PAD) ||
	    (state.holds && nla_put_u8(msg, VDPA_ATTR_DEV_SUSPENDED_BY, state.holds)))
		return -EMSGSIZE;
	return 0;
}

static int put_override(struct sk_buff *msg, struct vdpa_entry *entry)
{
	char override[VDPA_DRIVER_NAME_LEN];

	if (!kver_get_override(entry->vdev, override, sizeof(override)))
		return 0;
	return nla_put_string(msg, VDPA_ATTR_DEV_DRIVER_OVERRIDE, override);
}

/* Write the configuration in the DEV_NEW request. Return: 0 or -EMSGSIZE. */
static int put_created(struct sk_buff *msg, const struct vdpa_entry *entry)
{
	const struct vdpa_dev_set_config *config = &entry->created;
	struct nlattr *nest;

	if (!entry->by_request)
		return 0;
	nest = nla_nest_start(msg, VDPA_ATTR_DEV_CREATED_WITH);
	if (!nest ||
	    (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) &&
	     nla_put(msg, VDPA_ATTR_DEV_NET_CFG_MACADDR, ETH_ALEN, config->net.mac)) ||
	    (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU) &&
	     nla_put_u16(msg, VDPA_ATTR_DEV_NET_CFG_MTU, config->net.mtu)) ||
	    (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP) &&
	     nla_put_u16(msg, VDPA_ATTR_DEV_NET_CFG_MAX_VQP, config->net.max_vq_pairs)) ||
	    (config->mask & BIT_ULL(VDPA_ATTR_DEV_FEATURES) &&
	     nla_put_u64_64bit(msg, VDPA_ATTR_DEV_FEATURES, config->device_features,
			       VDPA_ATTR_PAD)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int dev_fill(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq, int flags,
		    struct netlink_callback *cb)
{
	void *hdr;

	hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, flags, VDPA_CMD_DEV_NEW);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (vdpa_nl_put_mgmtdev(msg, entry->mgmtdev) || vdpa_nl_put_device(msg, entry) ||
	    put_state(msg, entry) || put_override(msg, entry) || put_created(msg, entry)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

int vdpa_nl_dev_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vdpa_nl_reply(info, vdpa_nl_entry(info), dev_fill);
}

int vdpa_nl_dev_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	return vdpa_nl_dump_devices(msg, cb, dev_fill);
}

/* The attributes of an existing device that can be changed, one at a time. */
static const struct {
	enum vdpa_attr attr;
	const char *name;
} set_attrs[] = {
	{ VDPA_ATTR_DEV_NET_CFG_MACADDR,	"MAC address" },
	{ VDPA_ATTR_DEV_NET_CFG_MTU,		"MTU" },
};

static unsigned int set_attr_index(const struct genl_info *info)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(set_attrs); i++)
		if (info->attrs[set_attrs[i].attr])
			break;
	return i;
}

/* Warn that a driver reads these attributes only when it starts, and ignores later changes. */
static void say_unseen(struct vdpa_request *req, const char *what)
{
	u64 seq;

	if (vdpa_state_read(req->entry, &seq).now == VDPA_DEV_STATE_INACTIVE)
		return;
	NL_SET_ERR_MSG_FMT(&req->extack, "driver and guest of " VDPA_MSG_NAME
			   " keep the %s until a reset", vdpa_entry_name(req->entry), what);
}

static int dev_attr_set(struct vdpa_request *req)
{
	unsigned int i = set_attr_index(vdpa_nl_request_info(req));
	int err;

	req->fault = set_attrs[i].attr;
	err = vdpa_mgmtdev_set_device(req);
	if (!err)
		say_unseen(req, set_attrs[i].name);
	return err;
}

/*
 * Like mainline, answer -EOPNOTSUPP to attributes that cannot be set, even to an invalid address.
 */
static int check_attr_set(struct genl_info *info, const struct vdpa_entry *entry,
			  struct vdpa_dev_set_config *config)
{
	unsigned int i = set_attr_index(info), j;
	const char *name = vdpa_entry_name(entry);
	const char *fault = NULL;
	struct nlattr *attr;

	if (i == ARRAY_SIZE(set_attrs)) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_DEV_NET_CFG_MACADDR);
		NL_SET_ERR_MSG_FMT(info->extack, "nothing to set for device " VDPA_MSG_NAME, name);
		return -EOPNOTSUPP;
	}
	for (j = i + 1; j < ARRAY_SIZE(set_attrs); j++) {
		if (!info->attrs[set_attrs[j].attr])
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[set_attrs[j].attr],
				    "one attribute is set at a time");
		return -EINVAL;
	}
	attr = info->attrs[set_attrs[i].attr];
	if (entry->device_id != VIRTIO_ID_NET)
		fault = " is no network device";
	else if (!entry->mgmtdev->mdev->ops->dev_set_attr)
		fault = ": its parent cannot change it";
	if (fault) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "device " VDPA_MSG_NAME "%s", name,
					fault);
		return -EOPNOTSUPP;
	}
	config->mask = BIT_ULL(set_attrs[i].attr);
	if (set_attrs[i].attr == VDPA_ATTR_DEV_NET_CFG_MTU) {
		config->net.mtu = nla_get_u16(attr);
		return 0;
	}
	nla_memcpy(config->net.mac, attr, ETH_ALEN);
	if (is_valid_ether_addr(config->net.mac))
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "%pM is no unicast MAC address",
				config->net.mac);
	return -EOPNOTSUPP;
}

int vdpa_nl_dev_attr_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct vdpa_dev_set_config config = {};
	struct vdpa_request *req;
	int err;

	err = check_attr_set(info, entry, &config);
	if (err)
		return err;
	req = vdpa_nl_request_new(skb, info);
	if (IS_ERR(req))
		return PTR_ERR(req);
	req->config = config;
	req->entry = entry;
	vdpa_entry_get(entry);
	vdpa_request_queue(req, dev_attr_set);
	return vdpa_nl_request_wait(req);
}
