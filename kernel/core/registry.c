// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of devices: found by name in constant time, walked by index in dumps.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "device.h"
#include "registry.h"

/* See registry.h for what it protects. */
DEFINE_MUTEX(vdpa_registry_lock);

static struct rhashtable vdpa_names;
static DEFINE_XARRAY_ALLOC(vdpa_entries);

/*
 * Incremented whenever a device is added or removed; never 0, which netlink takes for "not
 * counted".
 */
static u32 vdpa_generation = 1;

struct vdpa_str vdpa_str(const char *s)
{
	return (struct vdpa_str){ .s = s, .len = strlen(s) };
}

bool vdpa_str_eq(struct vdpa_str a, struct vdpa_str b)
{
	return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

static u32 name_hash_key(const void *key, u32 len, u32 seed)
{
	const struct vdpa_str *str = key;

	return jhash(str->s, str->len, seed);
}

static u32 name_hash_obj(const void *obj, u32 len, u32 seed)
{
	const struct vdpa_name *name = obj;

	return jhash(name->text, name->len, seed);
}

static int name_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct vdpa_name *name = obj;

	return !vdpa_str_eq(*(const struct vdpa_str *)arg->key, vdpa_name_str(name));
}

static const struct rhashtable_params name_params = {
	.head_offset = offsetof(struct vdpa_name, node),
	.hashfn = name_hash_key,
	.obj_hashfn = name_hash_obj,
	.obj_cmpfn = name_cmp,
	.automatic_shrinking = true,
};

/**
 * vdpa_name_reserve - reserve a name before its device exists
 * @text: the name
 *
 * Context: may sleep; takes vdpa_registry_lock.
 * Return: the reservation, to be released with vdpa_name_release() or passed to a device;
 * ERR_PTR(-EEXIST) if the name is taken, ERR_PTR(-ENOMEM).
 */
struct vdpa_name *vdpa_name_reserve(struct vdpa_str text)
{
	struct vdpa_name *name;
	int err;

	name = kzalloc(struct_size(name, text, text.len + 1), GFP_KERNEL);
	if (!name)
		return ERR_PTR(-ENOMEM);
	name->len = text.len;
	memcpy(name->text, text.s, text.len);

	mutex_lock(&vdpa_registry_lock);
	err = rhashtable_lookup_insert_key(&vdpa_names, &text, &name->node, name_params);
	mutex_unlock(&vdpa_registry_lock);
	if (err) {
		kfree(name);
		return ERR_PTR(err);
	}
	return name;
}

/* Release a name, so that it can be reserved again. vdpa_registry_lock is held. */
void vdpa_name_release_locked(struct vdpa_name *name)
{
	lockdep_assert_held(&vdpa_registry_lock);
	rhashtable_remove_fast(&vdpa_names, &name->node, name_params);
	/* Lookups happen under the lock, but the table resizes in the background. */
	kfree_rcu(name, rcu);
}

/* As vdpa_name_release_locked(), but takes vdpa_registry_lock. @name may be NULL. */
void vdpa_name_release(struct vdpa_name *name)
{
	if (!name)
		return;
	mutex_lock(&vdpa_registry_lock);
	vdpa_name_release_locked(name);
	mutex_unlock(&vdpa_registry_lock);
}

/**
 * vdpa_registry_index_get - give a device the lowest free index
 * @entry: the device; lookups by index find it only after vdpa_registry_add()
 *
 * Return: 0, -ENOMEM or -EBUSY (no index left).
 */
int vdpa_registry_index_get(struct vdpa_entry *entry)
{
	return xa_alloc(&vdpa_entries, &entry->vdev->index, NULL, xa_limit_31b, GFP_KERNEL);
}

void vdpa_registry_index_put(struct vdpa_entry *entry)
{
	xa_erase(&vdpa_entries, entry->vdev->index);
}

/* Make a device visible. It already has its index and name. vdpa_registry_lock is held. */
void vdpa_registry_add(struct vdpa_entry *entry)
{
	lockdep_assert_held(&vdpa_registry_lock);
	entry->name->entry = entry;
	/* An allocating array keeps the slot of an index, so nothing is allocated here. */
	xa_store(&vdpa_entries, entry->vdev->index, entry, GFP_KERNEL);
	if (!++vdpa_generation)
		vdpa_generation = 1;
}

/* Make a device invisible; its name and index stay reserved. vdpa_registry_lock is held. */
void vdpa_registry_del(struct vdpa_entry *entry)
{
	lockdep_assert_held(&vdpa_registry_lock);
	entry->name->entry = NULL;
	xa_store(&vdpa_entries, entry->vdev->index, NULL, GFP_KERNEL);
	if (!++vdpa_generation)
		vdpa_generation = 1;
}

/**
 * vdpa_registry_find - find a device by its name
 * @name: the name
 *
 * Return: the device, to be put with vdpa_entry_put(), or NULL. Its parent's
 * operations may be called until then.
 */
struct vdpa_entry *vdpa_registry_find(struct vdpa_str name)
{
	struct vdpa_entry *entry = NULL;
	struct vdpa_name *found;

	mutex_lock(&vdpa_registry_lock);
	found = rhashtable_lookup_fast(&vdpa_names, &name, name_params);
	if (found && found->entry) {
		entry = found->entry;
		vdpa_guard_get(&entry->guard);
	}
	mutex_unlock(&vdpa_registry_lock);
	return entry;
}

/**
 * vdpa_registry_find_again - find a device that was found before
 * @index: its index
 * @serial: its serial number
 *
 * For a caller that is no longer a user of it.
 *
 * Return: the device, to be put with vdpa_entry_put(); NULL if it is gone.
 */
struct vdpa_entry *vdpa_registry_find_again(u32 index, u64 serial)
{
	struct vdpa_entry *entry;

	mutex_lock(&vdpa_registry_lock);
	entry = xa_load(&vdpa_entries, index);
	if (entry && entry->serial != serial)
		entry = NULL;
	if (entry)
		vdpa_guard_get(&entry->guard);
	mutex_unlock(&vdpa_registry_lock);
	return entry;
}

/* Return: whether the name is reserved, even if its device is not visible. */
bool vdpa_name_taken(struct vdpa_str text)
{
	bool taken;

	mutex_lock(&vdpa_registry_lock);
	taken = rhashtable_lookup_fast(&vdpa_names, &text, name_params);
	mutex_unlock(&vdpa_registry_lock);
	return taken;
}

/**
 * vdpa_registry_next - walk the devices in the order of their indices
 * @index: where to start (0 at first); set to the index of the device found
 *
 * A walk may stop and resume later at @index: it visits a device that exists throughout exactly
 * once, whatever other devices are added or removed.
 *
 * Return: the first device at or after @index, to be put with vdpa_entry_put(),
 * or NULL after the last.
 */
struct vdpa_entry *vdpa_registry_next(unsigned long *index)
{
	struct vdpa_entry *entry;

	mutex_lock(&vdpa_registry_lock);
	entry = xa_find(&vdpa_entries, index, ULONG_MAX, XA_PRESENT);
	if (entry)
		vdpa_guard_get(&entry->guard);
	mutex_unlock(&vdpa_registry_lock);
	return entry;
}

/* Return: a number that changes whenever a device is added or removed. */
u32 vdpa_registry_generation(void)
{
	return READ_ONCE(vdpa_generation);
}

int __init vdpa_registry_init(void)
{
	return rhashtable_init(&vdpa_names, &name_params);
}

void vdpa_registry_exit(void)
{
	rhashtable_destroy(&vdpa_names);
	WARN_ON(!xa_empty(&vdpa_entries));
}
