// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "netlink/thread.h"

/* A thousand of them at a time shall not be refused for want of address space. */
enum { STACK_SIZE = 512 * 1024 };

struct task {
	pthread_t thread;
	bool started;
	const struct nl *like;
	int (*run)(struct nl *nl, void *item);
	struct thread_item *item;
};

static void *task_run(void *data)
{
	struct task *task = data;
	struct nl nl;

	if (nl_open_like(&nl, task->like, &task->item->err) == 0) {
		task->item->done = task->run(&nl, task->item) == 0;
		nl_close(&nl);
	}
	return NULL;
}

void threads_run(struct nl *nl, void *items, size_t count, size_t size,
	      int (*run)(struct nl *nl, void *item))
{
	struct task *tasks = calloc(count, sizeof(*tasks));
	pthread_attr_t attributes;

	if (!tasks || pthread_attr_init(&attributes) != 0 ||
	    pthread_attr_setstacksize(&attributes, STACK_SIZE) != 0)
		error_no_memory();
	/* The last one has the thread that would only wait, and the socket. */
	for (size_t i = 0; i < count; i++) {
		struct task *task = &tasks[i];

		task->like = nl;
		task->run = run;
		task->item = (void *)((char *)items + i * size);
		task->started = i + 1 < count &&
				pthread_create(&task->thread, &attributes, task_run, task) == 0;
	}
	for (size_t i = 0; i < count; i++)
		if (!tasks[i].started)
			tasks[i].item->done = run(nl, tasks[i].item) == 0;
	for (size_t i = 0; i < count; i++)
		if (tasks[i].started)
			pthread_join(tasks[i].thread, NULL);
	pthread_attr_destroy(&attributes);
	free(tasks);
}
