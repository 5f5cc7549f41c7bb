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
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.batchengine.LibraryLoader;
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

/** Loads the library once more, through class loaders that see Jackson as a host would have it. */
class JacksonIsOptionalTest {
  private static final String SERVICES = "META-INF/services/com.fasterxml.jackson.databind.Module";

  @Nested
  class Without {
    private final LibraryLoader loader =
        new LibraryLoader(name -> !name.startsWith("com.fasterxml."));

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
          .contains("Invoice");
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
        .doNotBelongToAnyOf(JacksonCodecs.class, JsonPath.class, JsonTypeCheck.class)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("com.fasterxml.jackson.core..", "com.fasterxml.jackson.databind.."))
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
}
