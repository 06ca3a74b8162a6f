// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of management devices: by name in constant time, by index for dumps.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/vdpa.h>
#include <linux/xarray.h>

#include "mgmtdev.h"
#include "notify.h"
#include "registry.h"

/* What a management device is looked up by. */
struct parent_key {
	const struct vdpa_str *bus;	/* NULL: it is on no bus */
	struct vdpa_str name;
};

static struct rhashtable parents_by_name;
static DEFINE_XARRAY_ALLOC(parents_by_index);
static u32 parents_generation = 1;

/* How many of them hide behind another one of the same name. */
static unsigned int parents_unnamed;

static u32 parent_hash_key(const void *key, u32 len, u32 seed)
{
	const struct parent_key *k = key;

	return jhash(k->name.s, k->name.len, seed);
}

static u32 parent_hash_obj(const void *obj, u32 len, u32 seed)
{
	const struct vdpa_parent *parent = obj;
	const char *name = dev_name(parent->mdev->device);

	return jhash(name, strlen(name), seed);
}

static int parent_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct vdpa_parent *parent = obj;
	const struct device *dev = parent->mdev->device;
	const struct parent_key *k = arg->key;

	if (!k->bus != !dev->bus)
		return 1;
	if (k->bus && !vdpa_str_eq(*k->bus, vdpa_str(dev->bus->name)))
		return 1;
	return !vdpa_str_eq(k->name, vdpa_str(dev_name(dev)));
}

static const struct rhashtable_params parent_params = {
	.head_offset = offsetof(struct vdpa_parent, node),
	.hashfn = parent_hash_key,
	.obj_hashfn = parent_hash_obj,
	.obj_cmpfn = parent_cmp,
	.automatic_shrinking = true,
};

/**
 * vdpa_parent_find - find a management device
 * @bus: name of the bus it is on; NULL for one that is on none
 * @name: its device name
 *
 * Return: the first that was registered under these names, to be put with
 * vdpa_parent_put(), or NULL. It stays registered until then.
 */
struct vdpa_parent *vdpa_parent_find(const struct vdpa_str *bus, struct vdpa_str name)
{
	struct parent_key key = { .bus = bus, .name = name };
	struct vdpa_parent *parent;

	mutex_lock(&vdpa_registry_lock);
	parent = rhashtable_lookup_fast(&parents_by_name, &key, parent_params);
	if (parent)
		vdpa_parent_get(parent);
	mutex_unlock(&vdpa_registry_lock);
	return parent;
}

/**
 * vdpa_parent_next - walk the management devices in the order of their indices
 * @index: where to start (0 at first); set to the index of the one found
 *
 * Return: the first at or after @index, to be put with vdpa_parent_put(), or
 * NULL after the last.
 */
struct vdpa_parent *vdpa_parent_next(unsigned long *index)
{
	struct vdpa_parent *parent;

	mutex_lock(&vdpa_registry_lock);
	parent = xa_find(&parents_by_index, index, ULONG_MAX, XA_PRESENT);
	if (parent)
		vdpa_parent_get(parent);
	mutex_unlock(&vdpa_registry_lock);
	return parent;
}

/* Return: a number that differs from an earlier one if any came or went. */
u32 vdpa_parent_generation(void)
{
	return READ_ONCE(parents_generation);
}

static void parents_changed(void)
{
	lockdep_assert_held(&vdpa_registry_lock);
	if (!++parents_generation)
		parents_generation = 1;
}

/* How @parent is looked up; @bus is room for the name of its bus. */
static struct parent_key parent_key(const struct vdpa_parent *parent, struct vdpa_str *bus)
{
	const struct device *dev = parent->mdev->device;

	if (dev->bus)
		*bus = vdpa_str(dev->bus->name);
	return (struct parent_key){
		.bus = dev->bus ? bus : NULL,
		.name = vdpa_str(dev_name(dev)),
	};
}

/* Two parents of one name are legal: who comes second is found when the first has gone. */
static int parent_take_name(struct vdpa_parent *parent)
{
	struct vdpa_str bus;
	struct parent_key key = parent_key(parent, &bus);
	int err;

	lockdep_assert_held(&vdpa_registry_lock);
	err = rhashtable_lookup_insert_key(&parents_by_name, &key, &parent->node, parent_params);
	parent->named = !err;
	return err == -EEXIST ? 0 : err;
}

static void parent_drop_name(struct vdpa_parent *parent)
{
	struct vdpa_parent *other;
	unsigned long index;

	lockdep_assert_held(&vdpa_registry_lock);
	if (!parent->named) {
		parents_unnamed--;
		return;
	}
	rhashtable_remove_fast(&parents_by_name, &parent->node, parent_params);
	if (!parents_unnamed)
		return;
	xa_for_each(&parents_by_index, index, other)
		if (!other->named && !parent_take_name(other) && other->named)
			parents_unnamed--;
}

/**
 * vdpa_parents_add - make a management device visible
 * @parent: the management device
 *
 * Context: may sleep; takes vdpa_registry_lock.
 * Return: 0, -ENOMEM, or -EBUSY if there is no index left.
 */
int vdpa_parents_add(struct vdpa_parent *parent)
{
	int err;

	err = xa_alloc(&parents_by_index, &parent->index, NULL, xa_limit_31b, GFP_KERNEL);
	if (err)
		return err;

	mutex_lock(&vdpa_registry_lock);
	err = parent_take_name(parent);
	if (err) {
		xa_erase(&parents_by_index, parent->index);
	} else {
		parents_unnamed += !parent->named;
		xa_store(&parents_by_index, parent->index, parent, GFP_KERNEL);
		parents_changed();
		vdpa_event_mgmtdev(parent, VDPA_EVENT_MGMTDEV_ADDED);
	}
	mutex_unlock(&vdpa_registry_lock);
	return err;
}

/* Make it invisible again. vdpa_registry_lock is held. */
void vdpa_parents_del(struct vdpa_parent *parent)
{
	lockdep_assert_held(&vdpa_registry_lock);
	xa_erase(&parents_by_index, parent->index);
	parent_drop_name(parent);
	parents_changed();
}

int __init vdpa_parents_init(void)
{
	return rhashtable_init(&parents_by_name, &parent_params);
}

void vdpa_parents_exit(void)
{
	rhashtable_destroy(&parents_by_name);
	WARN_ON(!xa_empty(&parents_by_index));
}
