// SPDX-License-Identifier: Apache-2.0
import java.util.Arrays;
import java.util.HashMap;

/** Burn [SECONDS]: two threads with compiled code, virtual calls, garbage. */
public class Burn {
	interface Shape {
		int weight(String item);
	}

	static class Sum implements Shape {
		public int weight(String item) {
			int sum = 0;
			for (int i = 0; i < item.length(); i++)
				sum = sum * 31 + item.charAt(i);
			return sum;
		}
	}

	static class Length implements Shape {
		public int weight(String item) {
			return item.length() % 3;
		}
	}

	static final Shape[] shapes = {new Sum(), new Length()};

	static int deep(int depth) {
		if (depth > 0)
			return deep(depth - 1) + 1;
		String[] items = new String[200];
		for (int i = 0; i < items.length; i++)
			items[i] = "item " + i;
		for (Shape shape : shapes)
			Arrays.sort(items, (a, b) -> shape.weight(a) - shape.weight(b));
		HashMap<String, Integer> count = new HashMap<>();
		for (String item : items)
			count.merge(item, 1, Integer::sum);
		return count.size();
	}

	static void burn(long end) {
		long turns = 0;
		for (; System.nanoTime() < end; turns++)
			deep(10);
		System.out.println("turns " + turns);
	}

	public static void main(String[] args) throws InterruptedException {
		double seconds = args.length > 0 ? Double.parseDouble(args[0]) : 5;
		long end = System.nanoTime() + (long) (seconds * 1e9);
		Thread other = new Thread(() -> burn(end));
		System.out.println("ready");
		other.start();
		burn(end);
		other.join();
	}
}
