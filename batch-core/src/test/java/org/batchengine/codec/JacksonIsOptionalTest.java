package org.batchengine.codec;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.LibraryLoader;
import org.batchengine.ManualEngine;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;

/** Loads the library once more, through class loaders that see Jackson as a host would have it. */
class JacksonIsOptionalTest {
  private static final String SERVICES = "META-INF/services/com.fasterxml.jackson.databind.Module";

  @Nested
  class Without {
    private final LibraryLoader loader =
        new LibraryLoader(
            name -> !name.startsWith("com.fasterxml.") && !name.startsWith("tools.jackson."));

    @Test
    void valuesAreReadAndPrinted() throws Exception {
      assertThat(loader.run(UsesTheModel.class)).isEqualTo("COMPLETED 1 of 1");
    }

    @Test
    void simpleValuesHaveCodecs() throws Exception {
      assertThat(loader.run(EncodesANumber.class)).isEqualTo("42");
    }

    @Test
    void otherTypesNameTheDependency() throws Exception {
      assertThat(loader.run(AsksForJson.class))
          .contains("com.fasterxml.jackson.core:jackson-databind")
          .contains("tools.jackson.core:jackson-databind")
          .contains("Invoice");
    }
  }

  /** Jackson 3 needs the annotations of Jackson 2, and nothing else of it. */
  @Nested
  class WithJackson3Alone {
    @TempDir Path folder;

    private static boolean visible(String name) {
      return !name.startsWith("com.fasterxml.")
          || name.startsWith("com.fasterxml.jackson.annotation.");
    }

    @Test
    void otherTypesAreJson() throws Exception {
      assertThat(new LibraryLoader(WithJackson3Alone::visible).run(AsksForJson.class))
          .isEqualTo("{\"number\":\"A1\"}");
    }

    @Test
    void modulesThatServicesNameAreUsed() throws Exception {
      Path services =
          Files.writeString(folder.resolve("services"), ShoutingModule3.class.getName());
      LibraryLoader loader =
          new LibraryLoader(
              WithJackson3Alone::visible,
              "META-INF/services/tools.jackson.databind.JacksonModule",
              services.toUri().toURL());
      assertThat(loader.run(AsksForJson.class)).isEqualTo("{\"number\":\"A1!\"}");
    }

    @Test
    void aBatchRuns() throws Exception {
      assertThat(new LibraryLoader(WithJackson3Alone::visible).run(RunsABatch.class))
          .isEqualTo("{\"number\":\"A1\"} Invoice[number=A1] COMPLETED");
    }
  }

  @Nested
  class With {
    @TempDir Path folder;

    @Test
    void otherTypesAreJson() throws Exception {
      LibraryLoader loader = new LibraryLoader(name -> true);
      assertThat(loader.run(AsksForJson.class)).isEqualTo("{\"number\":\"A1\"}");
    }

    @Test
    void modulesThatServicesNameAreUsed() throws Exception {
      Path services = Files.writeString(folder.resolve("services"), ShoutingModule.class.getName());
      LibraryLoader loader = new LibraryLoader(name -> true, SERVICES, services.toUri().toURL());
      assertThat(loader.run(AsksForJson.class)).isEqualTo("{\"number\":\"A1!\"}");
    }
  }

  @Test
  void isTouchedByItsCodecsAlone() {
    JavaClasses library =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.batchengine");
    noClasses()
        .that()
        .doNotBelongToAnyOf(
            JacksonCodecs.class,
            JacksonTypeCheck.class,
            Jackson3Codecs.class,
            Jackson3TypeCheck.class)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "com.fasterxml.jackson.core..",
                "com.fasterxml.jackson.databind..",
                "tools.jackson.."))
        .check(library);
  }

  static final class UsesTheModel implements Supplier<String> {
    @Override
    public String get() {
      BatchId id = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
      BatchJob job =
          BatchJob.builder(id, "x")
              .state(BatchState.COMPLETED)
              .counts(BatchCounts.of(Map.of(ItemState.SUCCEEDED, 1L)))
              .build();
      BatchItem<String, String> item = BatchItem.builder(id, 0).build();
      BatchPage.of(List.of(job, item), null, HistoryQuery.all().toMap()).toMap();
      BatchEvent.Ended ended = BatchEvent.Ended.of(job, Instant.EPOCH);
      var map = ended.job().toMap();
      return map.get("state") + " " + map.get("processed") + " of " + map.get("total");
    }
  }

  static final class EncodesANumber implements Supplier<String> {
    @Override
    public String get() {
      try {
        return PayloadCodecs.standard().codecFor(PayloadType.of(Integer.class)).encode(42);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  static final class AsksForJson implements Supplier<String> {
    record Invoice(String number) {}

    @Override
    public String get() {
      try {
        return PayloadCodecs.standard()
            .codecFor(PayloadType.of(Invoice.class))
            .encode(new Invoice("A1"));
      } catch (PayloadException e) {
        return e.getMessage();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** With a typed input, output and metadata. */
  static final class RunsABatch implements Supplier<String> {
    @Override
    public String get() {
      JobType<AsksForJson.Invoice, AsksForJson.Invoice> type =
          JobType.of("echo", AsksForJson.Invoice.class, AsksForJson.Invoice.class);
      List<String> seen = new ArrayList<>();
      try (ManualEngine engine =
          BatchEngine.builder(new InMemoryBatchStore())
              .register(
                  type,
                  (invoice, context) -> {
                    seen.add(context.metadata(AsksForJson.Invoice.class).toString());
                    return invoice;
                  })
              .manual()) {
        BatchId id =
            engine.submit(
                BatchRequest.of(type, List.of(new AsksForJson.Invoice("A1")))
                    .metadata(Map.of("number", "A1")));
        engine.runUntilIdle();
        return String.join(
            " ",
            engine.item(id, 0).orElseThrow().output().orElseThrow(),
            seen.get(0),
            engine.status(id).state().name());
      }
    }
  }

  /** Writes text with an exclamation mark. */
  public static final class ShoutingModule extends SimpleModule {
    private static final long serialVersionUID = 1L;

    public ShoutingModule() {
      addSerializer(String.class, new Shouting());
    }
  }

  private static final class Shouting extends JsonSerializer<String> {
    @Override
    public void serialize(String value, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeString(value + "!");
    }
  }

  /** The same for Jackson 3. */
  public static final class ShoutingModule3 extends tools.jackson.databind.module.SimpleModule {
    private static final long serialVersionUID = 1L;

    public ShoutingModule3() {
      addSerializer(String.class, new Shouting3());
    }
  }

  private static final class Shouting3 extends ValueSerializer<String> {
    @Override
    public void serialize(
        String value, tools.jackson.core.JsonGenerator generator, SerializationContext context) {
      generator.writeString(value + "!");
    }
  }
}
