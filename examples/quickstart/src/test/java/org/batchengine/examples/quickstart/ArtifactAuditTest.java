package org.batchengine.examples.quickstart;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.batchengine.examples.quickstart.BadFileException.Code;
import org.batchengine.examples.quickstart.Findings.Checksum;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArtifactAuditTest {
  @TempDir Path folder;

  @Test
  void saysSizeAndSha256() throws Exception {
    byte[] content = new Samples.Jar().deflated("a.txt", "text").bytes();

    Findings findings = audit("a.jar", content);

    assertThat(findings.bytes()).isEqualTo(content.length);
    assertThat(findings.sha256()).isEqualTo(hash("SHA-256", content));
  }

  @Test
  void leavesAVanishedFileToTheCaller() {
    assertThatThrownBy(() -> ArtifactAudit.audit(folder.resolve("gone.jar")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Nested
  class OfAJar {
    @Test
    void countsClassesAndFindsTheHighestVersion() throws Exception {
      Findings findings =
          audit(
              "a.jar",
              new Samples.Jar()
                  .deflated("META-INF/", "")
                  .deflated("A.class", Samples.classFile(52))
                  .deflated("META-INF/versions/21/A.class", Samples.classFile(65))
                  .deflated("B.class", Samples.classFile(45))
                  .bytes());

      assertThat(findings.jar()).isEqualTo(new Findings.Jar(4, 3, 0, 65));
      assertThat(findings.pom()).isNull();
    }

    @Test
    void countsWhatIsOnlyCalledAClassAsOddity() throws Exception {
      Findings findings =
          audit(
              "a.jar",
              new Samples.Jar()
                  .deflated("A.class", "no class at all")
                  .deflated("Short.class", "abc")
                  .deflated("Empty.class", "")
                  .bytes());

      assertThat(findings.jar()).isEqualTo(new Findings.Jar(3, 0, 3, 0));
    }

    @Test
    void takesOneWithoutEntries() throws Exception {
      assertThat(audit("a.jar", new Samples.Jar().bytes()).jar())
          .isEqualTo(new Findings.Jar(0, 0, 0, 0));
    }

    @Test
    void takesOneBehindAScript() throws Exception {
      byte[] script = "#!/bin/sh\nexec java -jar $0\n".getBytes(UTF_8);
      byte[] jar = new Samples.Jar().deflated("A.class", Samples.classFile(61)).bytes();
      byte[] both = Arrays.copyOf(script, script.length + jar.length);
      System.arraycopy(jar, 0, both, script.length, jar.length);

      assertThat(audit("a.jar", both).jar()).isEqualTo(new Findings.Jar(1, 1, 0, 61));
    }

    @Test
    void doesNotJudgeSignatures() throws Exception {
      String manifest = "Manifest-Version: 1.0\n\nName: a.txt\nSHA-256-Digest: AAAA\n\n";
      Findings findings =
          audit(
              "a.jar",
              new Samples.Jar()
                  .deflated("META-INF/MANIFEST.MF", manifest)
                  .deflated("META-INF/KEY.SF", "Signature-Version: 1.0\n\n")
                  .deflated("META-INF/KEY.RSA", "none")
                  .deflated("a.txt", "text")
                  .bytes());

      assertThat(findings.jar()).isEqualTo(new Findings.Jar(4, 0, 0, 0));
    }

    @Test
    void readsBothOfTwoEntriesOfOneName() throws Exception {
      byte[] zip = new Samples.Jar().stored("one.txt", "1").stored("two.txt", "22").bytes();
      byte[] twice = Samples.patched(zip, "two.txt".getBytes(UTF_8), "one.txt".getBytes(UTF_8));
      twice = Samples.patched(twice, "two.txt".getBytes(UTF_8), "one.txt".getBytes(UTF_8));

      assertThat(audit("a.jar", twice).jar()).isEqualTo(new Findings.Jar(2, 0, 0, 0));
    }

    @Test
    void refusesAChangedByteOfAStoredEntry() {
      byte[] zip = new Samples.Jar().deflated("ok.txt", "ok").stored("a.txt", "content").bytes();
      byte[] changed = Samples.patched(zip, "content".getBytes(UTF_8), "kontent".getBytes(UTF_8));

      assertThat(refusal("a.jar", changed))
          .hasMessage(
              "\"a.txt\" in \"a.jar\" should have CRC 0x%08x and 7 bytes, but has 0x%08x and 7",
              Samples.crc("content"), Samples.crc("kontent"))
          .extracting(BadFileException::code)
          .isEqualTo(Code.CRC_MISMATCH);
    }

    @Test
    void refusesAWrongCrcOfADeflatedEntry() {
      byte[] zip = Samples.withWrongCrc(new Samples.Jar().deflated("a.txt", "content").bytes());

      assertThat(refusal("a.jar", zip))
          .hasMessageContaining("should have CRC 0xdeadbeef and 7 bytes")
          .extracting(BadFileException::code)
          .isEqualTo(Code.CRC_MISMATCH);
    }

    @Test
    void refusesAnEntryThatCannotBeUnpacked() {
      byte[] zip = new Samples.Jar().deflated("a.txt", "content").bytes();
      zip[30 + "a.txt".length()] = (byte) 0xff; // a block of a type that does not exist

      assertThat(refusal("a.jar", zip))
          .hasMessageContaining("\"a.txt\" cannot be unpacked from \"a.jar\": ")
          .extracting(BadFileException::code)
          .isEqualTo(Code.BAD_ENTRY);
    }

    @Test
    void refusesATruncatedOne() {
      byte[] zip = new Samples.Jar().deflated("a.txt", "content").bytes();

      assertThat(refusal("a.jar", Arrays.copyOf(zip, zip.length - 30)))
          .hasMessageContaining("\"a.jar\" cannot be opened: ")
          .extracting(BadFileException::code)
          .isEqualTo(Code.NOT_A_ZIP);
    }

    @Test
    void refusesAnEmptyFile() {
      assertThat(refusal("a.jar", new byte[0]).code()).isEqualTo(Code.NOT_A_ZIP);
    }

    @Test
    void stopsWhenInterrupted() throws Exception {
      Path file =
          Samples.write(
              folder.resolve("a.jar"), new Samples.Jar().deflated("a.txt", "text").bytes());
      Thread.currentThread().interrupt();
      try {
        assertThatThrownBy(() -> JarAudit.audit(file)).isInstanceOf(InterruptedIOException.class);
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
    }
  }

  @Nested
  class OfAPom {
    @Test
    void saysItsCoordinates() throws Exception {
      assertThat(audit("a.pom", Samples.pom("thing")).pom())
          .isEqualTo(new Findings.Pom("org.example:thing:1.0"));
    }

    @Test
    void takesGroupAndVersionOfTheParent() throws Exception {
      String pom =
          """
          <project>
            <parent>
              <groupId>org.example</groupId><artifactId>parent</artifactId><version>2</version>
            </parent>
            <artifactId>child</artifactId>
          </project>
          """;

      assertThat(audit("a.pom", pom).pom()).isEqualTo(new Findings.Pom("org.example:child:2"));
    }

    @Test
    void takesAnUndeclaredEntityAsMavenDoes() throws Exception {
      String pom = "<project><artifactId>a</artifactId><name>Laugst&oslash;l</name></project>";

      assertThat(audit("a.pom", pom).pom()).isNotNull();
    }

    @Test
    void takesTheEncodingThatItDeclares() throws Exception {
      String pom =
          "<?xml version='1.0' encoding='ISO-8859-1'?><project><artifactId>\u00f8</artifactId></project>";

      assertThat(audit("a.pom", pom.getBytes(ISO_8859_1)).pom())
          .isEqualTo(new Findings.Pom("?:\u00f8:?"));
    }

    @Test
    void readsNoOtherFile() throws Exception {
      Path secret = Samples.write(folder.resolve("secret.txt"), "secret");
      String pom =
          "<!DOCTYPE project [<!ENTITY x SYSTEM '%s'>]><project><artifactId>a&x;</artifactId></project>"
              .formatted(secret.toUri());

      assertThat(audit("a.pom", pom).pom()).isEqualTo(new Findings.Pom("?:a:?"));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "no XML",
          "<project><artifactId>a</artifactId>",
          "<project></artifactId>",
          "<project/> and more",
          "<?xml version='1.0' encoding='none'?><project/>"
        })
    void refusesWhatDoesNotParse(String pom) {
      assertThat(refusal("a.pom", pom.getBytes(UTF_8)))
          .hasMessageContaining("\"a.pom\" cannot be parsed: ")
          .extracting(BadFileException::code)
          .isEqualTo(Code.NOT_XML);
    }

    @Test
    void refusesBytesThatAreNoText() {
      String pom = "<?xml version='1.0'?><project>\u00f8</project>";

      assertThat(refusal("a.pom", pom.getBytes(ISO_8859_1)).code()).isEqualTo(Code.NOT_XML);
    }

    @Test
    void refusesAnotherDocument() {
      assertThat(refusal("a.pom", "<html><body/></html>".getBytes(UTF_8)).code())
          .isEqualTo(Code.NOT_A_POM);
    }
  }

  @Nested
  class OfAChecksum {
    private final byte[] content = Samples.pom("a").getBytes(UTF_8);
    private final String sha1 = hash("SHA-1", content);

    @Test
    void saysThatThereIsNone() throws Exception {
      assertThat(audit("a.pom", content).sha1()).isEqualTo(Checksum.ABSENT);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "%s",
          "%s\n",
          "\r\n%s  a.pom\r\n",
          "%s */home/someone/a.pom",
          "SHA1(a.pom)= %s",
          "SHA1 (a.pom) = %s\n",
          "a.pom: %s"
        })
    void findsItInEveryFormThatIsInUse(String form) throws Exception {
      Samples.write(folder.resolve("a.pom.sha1"), form.formatted(sha1));

      assertThat(audit("a.pom", content).sha1()).isEqualTo(Checksum.MATCHED);
    }

    @Test
    void takesUpperCase() throws Exception {
      Samples.write(folder.resolve("a.pom.sha1"), sha1.toUpperCase(Locale.ROOT));

      assertThat(audit("a.pom", content).sha1()).isEqualTo(Checksum.MATCHED);
    }

    @Test
    void refusesAnotherOne() throws Exception {
      String other = "0".repeat(40);
      Samples.write(folder.resolve("a.pom.sha1"), other + "  a.pom");

      assertThat(refusal("a.pom", content))
          .hasMessage("\"a.pom\" has SHA-1 %s, but \"a.pom.sha1\" says %s", sha1, other)
          .extracting(BadFileException::code)
          .isEqualTo(Code.SHA1_MISMATCH);
    }

    @Test
    void refusesAnEmptyFile() throws Exception {
      Samples.write(folder.resolve("a.pom.sha1"), "\n");

      assertThat(refusal("a.pom", content))
          .hasMessage("\"a.pom.sha1\" contains no SHA-1: it is empty")
          .extracting(BadFileException::code)
          .isEqualTo(Code.SHA1_UNREADABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>\n<body>404</body>", "abc", "%s00"})
    void refusesAFileWithoutAny(String text) throws Exception {
      Samples.write(folder.resolve("a.pom.sha1"), text.formatted(sha1));

      assertThat(refusal("a.pom", content).code()).isEqualTo(Code.SHA1_UNREADABLE);
    }

    @Test
    void saysFirstWhatIsWrongInTheFileItself() throws Exception {
      Samples.write(folder.resolve("a.jar.sha1"), sha1);

      assertThat(refusal("a.jar", new byte[0]).code()).isEqualTo(Code.NOT_A_ZIP);
    }
  }

  private Findings audit(String name, String content) throws IOException, BadFileException {
    return audit(name, content.getBytes(UTF_8));
  }

  private Findings audit(String name, byte[] content) throws IOException, BadFileException {
    return ArtifactAudit.audit(Samples.write(folder.resolve(name), content));
  }

  private BadFileException refusal(String name, byte[] content) {
    return catchThrowableOfType(BadFileException.class, () -> audit(name, content));
  }

  private static String hash(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
