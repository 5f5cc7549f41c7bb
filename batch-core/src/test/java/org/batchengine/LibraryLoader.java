package org.batchengine;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Defines the library and its tests anew; of the rest, shows what is visible. */
public final class LibraryLoader extends ClassLoader {
  private final Predicate<String> visible;
  private final String resource;
  private final List<URL> places;

  /** Shows classes whose names are visible. */
  public LibraryLoader(Predicate<String> visible) {
    this(visible, "");
  }

  /** Shows classes whose names are visible, and finds the resource at these places alone. */
  public LibraryLoader(Predicate<String> visible, String resource, URL... places) {
    super(LibraryLoader.class.getClassLoader());
    this.visible = visible;
    this.resource = resource;
    this.places = List.of(places);
  }

  /** What the program says when it is loaded by this. */
  public String run(Class<? extends Supplier<String>> program) throws ReflectiveOperationException {
    Constructor<?> constructor = loadClass(program.getName()).getDeclaredConstructor();
    constructor.setAccessible(true);
    return (String) ((Supplier<?>) constructor.newInstance()).get();
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!visible.test(name)) {
      throw new ClassNotFoundException(name + " is hidden");
    }
    if (!name.startsWith("org.batchengine.")) {
      return super.loadClass(name, resolve);
    }
    Class<?> loaded = findLoadedClass(name);
    return loaded == null ? define(name) : loaded;
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (file == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = file.readAllBytes();
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    return name.equals(resource) ? Collections.enumeration(places) : super.getResources(name);
  }
}
