// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdpasim_net: simulated NICs with a switch between them. This file defines the class and creates
 * devices.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vdpa_migration.h>
#include <linux/vdpa_refusal.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/vdpa.h>
#include <uapi/linux/virtio_ids.h>

#include "net.h"

#define NET_FEATURES	(VDPASIM_FEATURES | \
			 BIT_ULL(VIRTIO_NET_F_MTU) | \
			 BIT_ULL(VIRTIO_NET_F_MAC) | \
			 BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | \
			 BIT_ULL(VIRTIO_NET_F_STATUS) | \
			 NET_FEATURES_CTRL)

/*
 * Offered only if requested: QEMU migrates through shadow virtqueues, which do not support indirect
 * descriptors.
 */
#define NET_FEATURES_ASKED BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)

/* Features that need a control queue. */
#define NET_FEATURES_CTRL (BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
			   BIT_ULL(VIRTIO_NET_F_CTRL_RX) | \
			   BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) | \
			   BIT_ULL(VIRTIO_NET_F_MQ) | \
			   BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR))

static void net_fill_config(struct vdpasim *sim, void *buf)
{
	struct simnet *net = sim_to_simnet(sim);
	struct virtio_net_config *config = buf;

	static_assert(sizeof(*config) <= VDPASIM_CONFIG_MAX);
	ether_addr_copy(config->mac, net->mac);
	config->status = __cpu_to_virtio16(true, VIRTIO_NET_S_LINK_UP);
	config->max_virtqueue_pairs = __cpu_to_virtio16(true, net->max_pairs);
	config->mtu = __cpu_to_virtio16(true, READ_ONCE(net->mtu));
}

/* By default a driver receives all multicast, on one queue pair. */
static void set_defaults(struct simnet *net)
{
	spin_lock(&net->rx_lock);
	memset(&net->filter, 0, sizeof(net->filter));
	net->filter.allmulti = true;
	net->filter.vlans_only = vdpasim_has(&net->sim, VIRTIO_NET_F_CTRL_VLAN);
	net->pairs = 1;
	spin_unlock(&net->rx_lock);
}

/* A loaded state has the driver's settings. */
static void net_start(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);

	if (net->loaded)
		net_state_apply(net, net->loaded);
	else
		set_defaults(net);
	net->loaded = NULL;
	net_state_resume(sim);

	spin_lock(&net->rx_lock);
	net->up = true;
	spin_unlock(&net->rx_lock);
}

static void net_stop(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);
	struct sk_buff_head gone;
	u16 i;

	__skb_queue_head_init(&gone);
	spin_lock(&net->rx_lock);
	net->up = false;
	for (i = 0; i < net->max_pairs; i++) {
		skb_queue_splice_tail_init(&net->backlog[i].frames, &gone);
		net->backlog[i].bytes = 0;
	}
	spin_unlock(&net->rx_lock);
	__skb_queue_purge(&gone);

	net_state_free(net->loaded);
	net->loaded = NULL;
	net_state_resume(sim);
	net_switch_extra(net, NULL, 0);
	net_set_mac(net, net->given_mac, false);
}

static void net_free(struct vdpasim *sim)
{
	struct simnet *net = sim_to_simnet(sim);

	/* Creation may have failed before this was allocated. */
	if (!net->backlog)
		return;
	net_stop(sim);
	net_switch_remove(net);
	kfree(net->backlog);
}

/* Describe the address set by management: one set by the driver is private state. */
static int net_describe(struct vdpasim *sim, struct vdpa_migration_list *list)
{
	struct simnet *net = sim_to_simnet(sim);
	char text[sizeof("00:00:00:00:00:00")];
	struct vdpa_migration_attribute attr = {
		.name = "mac", .type = "string", .rule = "equal",
		.provision = true, .has_value = true, .string = text,
	};

	spin_lock(&sim->state_lock);
	snprintf(text, sizeof(text), "%pM", net->given_mac);
	spin_unlock(&sim->state_lock);
	if (sim->offered & BIT_ULL(VIRTIO_NET_F_MAC) && list->add(list, &attr))
		return -EINVAL;
	return vdpa_migration_add_u64(list, "vdpasim_net.filter_max", "at-least", NET_FILTER_MAX);
}

/* Describe the largest MTU and number of queue pairs, which the core does not know. */
static int net_describe_next(struct vdpa_migration_list *list)
{
	static const struct vdpa_migration_attribute attrs[] = {
		{ .name = "mtu", .type = "range", .rule = "equal", .provision = true,
		  .has_value = true, .first = ETH_MIN_MTU, .last = NET_MTU_MAX },
		{ .name = "max_vqp", .type = "range", .rule = "equal", .provision = true,
		  .has_value = true, .first = 1, .last = NET_PAIRS_MAX },
		{ .name = "vdpasim_net.filter_max", .type = "u64", .rule = "at-least",
		  .has_value = true, .num = NET_FILTER_MAX },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(attrs); i++)
		err = list->add(list, &attrs[i]);
	return err;
}

static struct vdpasim_parent net_parent;

static const struct vdpasim_class net_class = {
	.device_id	= VIRTIO_ID_NET,
	.config_size	= sizeof(struct virtio_net_config),
	.ngroups	= NET_GROUPS,
	.nas		= NET_GROUPS,
	.vq_group	= net_vq_group,
	.fill_config	= net_fill_config,
	.step		= net_step,
	.start		= net_start,
	.resume		= net_state_resume,
	.stop		= net_stop,
	.stat_names	= net_stat_names,
	.describe	= net_describe,
	.describe_next	= net_describe_next,
	.save		= net_state_save,
	.load		= net_state_load,
	.unload		= net_state_unload,
	.free		= net_free,
};

/**
 * struct net_plan - the configuration of a new device
 * @features: offered
 * @pairs: queue pairs
 * @mtu: bytes
 * @mac: address
 */
struct net_plan {
	u64 features;
	u16 pairs;
	u16 mtu;
	u8 mac[ETH_ALEN];
};

static void read_plan(const struct vdpa_dev_set_config *config, struct net_plan *plan)
{
	*plan = (struct net_plan) {
		.features = NET_FEATURES & ~NET_FEATURES_ASKED,
		.pairs = 1,
		.mtu = ETH_DATA_LEN,
	};

	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP))
		plan->pairs = config->net.max_vq_pairs;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU))
		plan->mtu = config->net.mtu;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_FEATURES))
		plan->features = config->device_features;
	else if (plan->pairs == 1)
		plan->features &= ~BIT_ULL(VIRTIO_NET_F_MQ);
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR))
		ether_addr_copy(plan->mac, config->net.mac);
	else
		eth_random_addr(plan->mac);
}

/* Return: whether such a device can be created; if not, the reason is set. */
static bool judge_plan(struct vdpa_mgmt_dev *mdev, const struct net_plan *plan)
{
	const struct {
		bool wrong;
		enum vdpa_attr attr;
		const char *reason;
	} faults[] = {
		{ plan->features & ~(NET_FEATURES | VDPASIM_FEATURES_ASKED), VDPA_ATTR_DEV_FEATURES,
		  "it does not have all of these features" },
		{ plan->features & NET_FEATURES_CTRL &&
		  !(plan->features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ)), VDPA_ATTR_DEV_FEATURES,
		  "some of the features need CTRL_VQ" },
		{ !plan->pairs || plan->pairs > NET_PAIRS_MAX, VDPA_ATTR_DEV_NET_CFG_MAX_VQP,
		  "it does not have so many queue pairs" },
		{ plan->pairs > 1 && !(plan->features & BIT_ULL(VIRTIO_NET_F_MQ)),
		  VDPA_ATTR_DEV_FEATURES, "several queue pairs need MQ" },
		{ plan->mtu < ETH_MIN_MTU || plan->mtu > NET_MTU_MAX, VDPA_ATTR_DEV_NET_CFG_MTU,
		  "its MTU is " __stringify(ETH_MIN_MTU) " to " __stringify(NET_MTU_MAX) " bytes" },
		{ !is_valid_ether_addr(plan->mac), VDPA_ATTR_DEV_NET_CFG_MACADDR,
		  "that is no unicast MAC address" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!faults[i].wrong)
			continue;
		vdpa_mgmtdev_refuse(mdev, faults[i].attr, faults[i].reason);
		return false;
	}
	return true;
}

static int furnish(struct simnet *net, const struct net_plan *plan)
{
	u16 i;

	net->max_pairs = plan->pairs;
	net->pairs = 1;
	net->mtu = plan->mtu;
	ether_addr_copy(net->given_mac, plan->mac);
	ether_addr_copy(net->mac, plan->mac);
	spin_lock_init(&net->rx_lock);

	net->backlog = kcalloc(plan->pairs, sizeof(*net->backlog), GFP_KERNEL);
	if (!net->backlog)
		return -ENOMEM;
	for (i = 0; i < plan->pairs; i++)
		__skb_queue_head_init(&net->backlog[i].frames);
	net_switch_add(net);
	return 0;
}

static int net_dev_add(struct vdpa_mgmt_dev *mdev, const char *name,
		       const struct vdpa_dev_set_config *config)
{
	struct net_plan plan;
	struct vdpasim *sim;
	bool ctrl;
	int err;

	read_plan(config, &plan);
	if (!judge_plan(mdev, &plan))
		return -EINVAL;

	ctrl = plan.features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ);
	sim = vdpasim_create(&net_parent, name, sizeof(struct simnet), 2 * plan.pairs + ctrl,
			     plan.features);
	if (IS_ERR(sim))
		return PTR_ERR(sim);

	err = furnish(sim_to_simnet(sim), &plan) ?: vdpasim_register(sim);
	if (err)
		put_device(&sim->vdpa.dev);
	return err;
}

static int net_set_mtu(struct simnet *net, u16 mtu)
{
	if (!(net->sim.offered & BIT_ULL(VIRTIO_NET_F_MTU)))
		return -EOPNOTSUPP;
	if (mtu < ETH_MIN_MTU || mtu > NET_MTU_MAX)
		return -ERANGE;
	WRITE_ONCE(net->mtu, mtu);
	vdpasim_config_changed(&net->sim);
	return 0;
}

static int net_dev_set_attr(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdpa,
			    const struct vdpa_dev_set_config *config)
{
	struct simnet *net = sim_to_simnet(vdpa_to_sim(vdpa));

	if (config->mask == BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU))
		return net_set_mtu(net, config->net.mtu);
	if (config->mask != BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) ||
	    !(net->sim.offered & BIT_ULL(VIRTIO_NET_F_MAC)))
		return -EOPNOTSUPP;
	if (!is_valid_ether_addr(config->net.mac))
		return -EINVAL;

	net_set_mac(net, config->net.mac, true);
	return 0;
}

static const struct vdpa_mgmtdev_ops net_mgmtdev_ops = {
	.dev_add	= net_dev_add,
	.dev_del	= vdpasim_dev_del,
	.dev_set_attr	= net_dev_set_attr,
};

static struct virtio_device_id net_id_table[] = {
	{ VIRTIO_ID_NET, VIRTIO_DEV_ANY_ID },
	{}
};

static struct vdpasim_parent net_parent = {
	.name	= "vdpasim_net",
	.class	= &net_class,
	.mdev	= {
		.ops			= &net_mgmtdev_ops,
		.id_table		= net_id_table,
		.config_attr_mask	= BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) |
					  BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU) |
					  BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP) |
					  BIT_ULL(VDPA_ATTR_DEV_FEATURES),
		.supported_features	= NET_FEATURES | VDPASIM_FEATURES_ASKED,
		.max_supported_vqs	= 2 * NET_PAIRS_MAX + 1,
	},
};

static int __init net_init(void)
{
	return vdpasim_parent_register(&net_parent);
}

static void __exit net_exit(void)
{
	vdpasim_parent_unregister(&net_parent);
}

module_init(net_init);
module_exit(net_exit);

MODULE_DESCRIPTION("Simulated vDPA network devices");
MODULE_VERSION(VDPA_VERSION);
MODULE_LICENSE("GPL");
