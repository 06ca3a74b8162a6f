/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registry: the devices and the device names that exist.
 *
 * A device is in the registry from when the parent's dev_add has returned until the parent begins
 * to unregister it. A lock and a count guarantee that for users of a device, without holding a lock
 * across a call into a parent:
 *
 * vdpa_registry_lock: a mutex for the lists themselves, held for list operations only.
 *
 * struct vdpa_guard: counts the users of one object. Unregistering first takes the object out of
 * the lists, then waits for its users.
 */
#ifndef _VDPA_REGISTRY_H
#define _VDPA_REGISTRY_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;

/*
 * Protects the names, the device and parent tables, each parent's lists, and the driver and the
 * deletion state of each device (struct vdpa_entry). Taken inside device_lock(), cf_lock and
 * vdpa_request's lock. Only spinlocks are taken inside it: those of a device's state, of the events
 * and of its driver_override. No function of a parent, a bus driver or the driver core is called
 * under it.
 */
extern struct mutex vdpa_registry_lock;

/* The users of an object that may be unregistered. */
struct vdpa_guard {
	refcount_t users;
	struct completion idle;
};

static inline void vdpa_guard_init(struct vdpa_guard *guard)
{
	refcount_set(&guard->users, 1);
	init_completion(&guard->idle);
}

/* The caller found the object in a table under the lock, or is a user already. */
static inline void vdpa_guard_get(struct vdpa_guard *guard)
{
	refcount_inc(&guard->users);
}

static inline void vdpa_guard_put(struct vdpa_guard *guard)
{
	if (refcount_dec_and_test(&guard->users))
		complete(&guard->idle);
}

/*
 * Wait until the last user is gone. The object must be out of all tables, so that there are no new
 * users. May sleep for as long as the parent's running operation takes. Called only to unregister
 * the object, with no lock held.
 */
static inline void vdpa_guard_close(struct vdpa_guard *guard)
{
	vdpa_guard_put(guard);
	wait_for_completion_state(&guard->idle, TASK_IDLE);
}

/* A string with a length; like strings in messages, it need not be NUL-terminated. */
struct vdpa_str {
	const char *s;
	u32 len;
};

struct vdpa_str vdpa_str(const char *s);
bool vdpa_str_eq(struct vdpa_str a, struct vdpa_str b);

/**
 * struct vdpa_name - a reserved device name
 * @node: node in the table of names
 * @rcu: frees it after a grace period, for readers of the hash table
 * @entry: the device of that name; NULL while its parent creates or unregisters it
 * @len: bytes in @text, without the terminator
 * @text: the name
 */
struct vdpa_name {
	struct rhash_head node;
	struct rcu_head rcu;
	struct vdpa_entry *entry;
	u32 len;
	char text[];
};

static inline struct vdpa_str vdpa_name_str(const struct vdpa_name *name)
{
	return (struct vdpa_str){ .s = name->text, .len = name->len };
}

struct vdpa_name *vdpa_name_reserve(struct vdpa_str text);
void vdpa_name_release(struct vdpa_name *name);
void vdpa_name_release_locked(struct vdpa_name *name);

int vdpa_registry_index_get(struct vdpa_entry *entry);
void vdpa_registry_index_put(struct vdpa_entry *entry);
void vdpa_registry_add(struct vdpa_entry *entry);
void vdpa_registry_del(struct vdpa_entry *entry);
struct vdpa_entry *vdpa_registry_find(struct vdpa_str name);
struct vdpa_entry *vdpa_registry_find_again(u32 index, u64 serial);
bool vdpa_name_taken(struct vdpa_str text);
struct vdpa_entry *vdpa_registry_next(unsigned long *index);
u32 vdpa_registry_generation(void);

int vdpa_registry_init(void);
void vdpa_registry_exit(void);

#endif
